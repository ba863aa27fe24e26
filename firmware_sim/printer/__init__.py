"""A simulated ESC/POS receipt printer: bytes in, text and a picture out."""
