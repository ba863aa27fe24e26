"""Rights that must not be used twice (coupons, limits, budgets, points): who holds, lends and may use them.

Laws:
1. A right is a number of units. Each unit is in one hand at a time: the back-office's, the store's hub till's, or one
   till's. It changes hands only because the hand that has it gave it: it is never taken because somebody is silent.
2. Counters only grow: `granted` is the lender's, `returned` and `spent` the borrower's. So a message that comes twice,
   late, or in another order tells nothing new.
3. A borrower gives back only what nobody was promised, after the receipts that used the right have arrived, and writes
   down that it gave before it says so.
4. A borrower lives one *life*: from its first start to the first start after an end that it did not see coming (a
   power cut, a copy of its disk). A new life has nothing of the old one's; what the old one had stays lent until a
   person frees it, because a disk that was put back does not know what it did since.
5. After every start a right counts only once its lender has answered.

Nothing here does I/O: documents and values in, documents and values out.
"""
