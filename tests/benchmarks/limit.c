/* The limit: the least that pricing a basket by priority can cost on this machine.
 *
 * Flat arrays, posting lists from products and categories to offers, no objects, no ledger, no reasons. It says only
 * what the goods cost in all. Offers are numbered in the order of their priority. Money is in cents.
 */
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { PERCENT, AMOUNT, UNIT_OFF, MULTI_BUY };
enum { OFFERS_MAX = 32768, UNITS_MAX = 4096, WORDS = OFFERS_MAX / 64 };

typedef struct {
    int32_t kind, value, spend_min;  /* basis points or cents; cents */
    int32_t first_day, last_day;     /* days since 1970-01-01 */
    int32_t weekdays, from_minute, until_minute; /* bit per weekday, 0: any; until 0: any hour */
    int32_t coupon;                  /* index of the coupon that must be presented, or -1 */
    uint64_t groups, campaigns;      /* bits; the member must have one of each set, 0: nothing asked */
    int32_t wide;
    int32_t every, times_max;  /* multi-buy: the last of every so many units, the dearest first, is `value` off; 0: any times */
} offer_t;

typedef struct {
    int32_t day, weekday, minute, coupon_count;
    uint64_t groups, campaigns;
    int32_t coupons_at, lines_at, line_count;
} basket_t;

typedef struct { int32_t product, category, department, price, quantity; } line_t;

/* Posting lists: the offers of key k are offers[starts[k]] up to offers[starts[k + 1]]. */
typedef struct { const int32_t *starts, *offers; } postings_t;

static int holds(const offer_t *o, const basket_t *b, const int32_t *coupons) {
    if (b->day < o->first_day || b->day > o->last_day) return 0;
    if (o->groups && !(o->groups & b->groups)) return 0;
    if (o->campaigns && !(o->campaigns & b->campaigns)) return 0;
    if (o->weekdays && !(o->weekdays >> b->weekday & 1)) return 0;
    if (o->until_minute && (b->minute < o->from_minute || b->minute >= o->until_minute)) return 0;
    if (o->coupon < 0) return 1;
    for (int i = 0; i < b->coupon_count; i++)
        if (coupons[b->coupons_at + i] == o->coupon) return 1;
    return 0;
}

static uint64_t touched[WORDS];
static uint64_t lines_of[OFFERS_MAX];      /* lines an offer may touch, the first 64 as bits */
static uint64_t lines_beyond[OFFERS_MAX][4]; /* lines 64 to 319 */

static void list(const postings_t *p, int32_t key, int32_t line) {
    if (key < 0) return;
    for (int32_t i = p->starts[key]; i < p->starts[key + 1]; i++) {
        int32_t n = p->offers[i];
        uint64_t bit = 1ULL << (n & 63);
        if (!(touched[n >> 6] & bit)) {
            touched[n >> 6] |= bit;
            lines_of[n] = 0;
            memset(lines_beyond[n], 0, sizeof lines_beyond[n]);
        }
        if (line < 64) lines_of[n] |= 1ULL << line;
        else if (line < 320) lines_beyond[n][(line >> 6) - 1] |= 1ULL << (line & 63);
    }
}

static int on(int32_t n, int32_t line) {
    return line < 64 ? lines_of[n] >> line & 1 : line < 320 ? lines_beyond[n][(line >> 6) - 1] >> (line & 63) & 1 : 0;
}

/* The free units of the lines by falling price, in groups of `every`: the cheapest of each is `value` basis points off. */
static int64_t multi_buy(int32_t n, const offer_t *o, const line_t *l, int32_t line_count, char *gone, int32_t *taken) {
    int32_t order[UNITS_MAX], count = 0, units = 0;
    for (int32_t i = 0; i < line_count; i++) {
        if (gone[i] || !on(n, i)) continue;
        int32_t at = count++;
        for (; at > 0 && l[order[at - 1]].price < l[i].price; at--) order[at] = order[at - 1];
        order[at] = i;
        units += l[i].quantity - taken[i];
    }
    int32_t groups = units / o->every;
    if (o->times_max && groups > o->times_max) groups = o->times_max;
    int32_t left = groups * o->every, place = 0;
    int64_t reduced = 0;
    for (int32_t k = 0; k < count && left > 0; k++) {
        int32_t i = order[k], used = l[i].quantity - taken[i];
        if (used > left) used = left;
        reduced += (int64_t)l[i].price * ((place + used) / o->every - place / o->every);
        place += used;
        left -= used;
        if ((taken[i] += used) == l[i].quantity) gone[i] = 1;
    }
    return (reduced * o->value * 2 + 10000) / 20000;
}

/* What one basket costs less, in cents. */
static int64_t discount(const basket_t *b, const line_t *lines, const int32_t *coupons, const offer_t *offers,
                        const int32_t *wide, int32_t wide_count, const postings_t *by_product,
                        const postings_t *by_category, const postings_t *by_department) {
    const line_t *l = lines + b->lines_at;
    char gone[UNITS_MAX];  /* per line: all units consumed; a unit coupon consumes one unit of a line */
    int32_t taken[UNITS_MAX];
    int64_t value = 0, saved = 0;
    memset(touched, 0, sizeof touched);
    for (int32_t i = 0; i < b->line_count; i++) {
        value += (int64_t)l[i].price * l[i].quantity;
        gone[i] = 0;
        taken[i] = 0;
        list(by_product, l[i].product, i);
        list(by_category, l[i].category, i);
        list(by_department, l[i].department, i);
    }
    for (int w = 0; w < WORDS; w++)
        for (uint64_t bits = touched[w]; bits; bits &= bits - 1) {
            int32_t n = w * 64 + __builtin_ctzll(bits);
            const offer_t *o = offers + n;
            if (!holds(o, b, coupons)) continue;
            int64_t all = 0, free_value = 0;
            int32_t dearest = -1;
            for (int32_t i = 0; i < b->line_count; i++) {
                if (!on(n, i)) continue;
                all += (int64_t)l[i].price * l[i].quantity;
                if (gone[i]) continue;
                free_value += (int64_t)l[i].price * (l[i].quantity - taken[i]);
                if (dearest < 0 || l[i].price > l[dearest].price) dearest = i;
            }
            if (dearest < 0 || all < o->spend_min) continue;
            if (o->kind == MULTI_BUY) {
                saved += multi_buy(n, o, l, b->line_count, gone, taken);
                continue;
            }
            if (o->kind == UNIT_OFF) {
                saved += o->value < l[dearest].price ? o->value : l[dearest].price;
                if (++taken[dearest] == l[dearest].quantity) gone[dearest] = 1;
                continue;
            }
            int64_t off = o->kind == AMOUNT ? o->value : (free_value * o->value * 2 + 10000) / 20000;
            off = off < free_value ? off : free_value;
            if (!off) continue;
            saved += off;
            for (int32_t i = 0; i < b->line_count; i++)
                if (on(n, i)) gone[i] = 1;
        }
    int64_t best = 0, left = value - saved;
    for (int32_t k = 0; k < wide_count; k++) {
        const offer_t *o = offers + wide[k];
        if (o->value > best && left >= o->spend_min && holds(o, b, coupons)) best = o->value;
    }
    return saved + (best < left ? best : left);
}

/* Price all baskets; `saved` and `nanoseconds` get one figure per basket, and `nanoseconds` the CPU time of all at last. */
void run(int32_t count, const basket_t *baskets, const line_t *lines, const int32_t *coupons, const offer_t *offers,
         const int32_t *wide, int32_t wide_count, const int32_t *product_starts, const int32_t *product_offers,
         const int32_t *category_starts, const int32_t *category_offers, const int32_t *department_starts,
         const int32_t *department_offers, int64_t *saved, int64_t *nanoseconds) {
    postings_t by_product = {product_starts, product_offers}, by_category = {category_starts, category_offers},
               by_department = {department_starts, department_offers};
    struct timespec first, start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &first);
    for (int32_t i = 0; i < count; i++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        saved[i] = discount(baskets + i, lines, coupons, offers, wide, wide_count, &by_product, &by_category,
                            &by_department);
        clock_gettime(CLOCK_MONOTONIC, &end);
        nanoseconds[i] = (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    nanoseconds[count] = (end.tv_sec - first.tv_sec) * 1000000000LL + (end.tv_nsec - first.tv_nsec);
}
