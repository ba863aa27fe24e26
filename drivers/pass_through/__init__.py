"""Between a register and its receipt printer: what passes is understood far enough to put a coupon before the cut."""
