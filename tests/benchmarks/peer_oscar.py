"""Prices baskets with django-oscar's own applicator: PYTHON peer_oscar.py < job.json, in the peers' own environment.

The database is SQLite in memory. The job: {sets: {size: [deal]}, baskets: [{lines, live}], seconds, in_a_row}; `live`
names per size the deals whose dates, hours, groups and coupons hold: they alone are handed over. The answer: {version,
sizes: {size: {us: [...], saved: [...]}}}; CPU µs of each basket's fastest turn, and the cents it costs less.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import django
from django.conf import settings

PRIORITY_MAX = 100_000
MIGRATED = (
    "address", "analytics", "auth", "basket", "catalogue", "communication", "contenttypes", "customer", "flatpages",
    "offer", "order", "partner", "payment", "reviews", "sessions", "shipping", "sites", "voucher", "wishlists",
)  # fmt: skip
"""Their tables are made as they are now; migrating step by step takes a minute."""


def set_up() -> None:
    """Django with oscar's own applications and a database in memory, without its migrations."""
    from oscar import defaults  # noqa: PLC0415

    own = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    names = [f"oscar.apps.{name}" for name in (
        "analytics", "checkout", "address", "shipping", "catalogue", "catalogue.reviews", "communication", "partner",
        "basket", "payment", "offer", "order", "customer", "search", "voucher", "wishlists", "dashboard",
        "dashboard.reports", "dashboard.users", "dashboard.orders", "dashboard.catalogue", "dashboard.offers",
        "dashboard.partners", "dashboard.pages", "dashboard.ranges", "dashboard.reviews", "dashboard.vouchers",
        "dashboard.communications", "dashboard.shipping",
    )]  # fmt: skip
    apps = ["oscar.config.Shop", *(f"{name}.apps.{_config_of(name)}" for name in names)]
    settings.configure(
        **own,
        SECRET_KEY="bench",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sites", "django.contrib.sessions",
            "django.contrib.messages", "django.contrib.flatpages",
            *apps, "haystack", "treebeard", "django_tables2",
        ],
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        MIGRATION_MODULES=dict.fromkeys(MIGRATED),
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SITE_ID=1,
        USE_TZ=True,
    )  # fmt: skip
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)


def _config_of(name: str) -> str:
    """Oscar's name of an application's configuration: CatalogueReviewsConfig, but ReportsDashboardConfig."""
    parts = [part.capitalize() for part in name.split(".")[2:]]
    return "".join(reversed(parts) if parts[0] == "Dashboard" else parts) + "Config"


class Shop:
    """The goods of the baskets, and offers on them."""

    def __init__(self, baskets: list[dict[str, Any]]) -> None:
        from oscar.apps.catalogue.models import Category, Product, ProductCategory, ProductClass  # noqa: PLC0415
        from oscar.apps.partner.models import Partner, StockRecord  # noqa: PLC0415

        kind = ProductClass.objects.create(name="goods", requires_shipping=False, track_stock=False)
        partner = Partner.objects.create(name="shop")
        self.categories: dict[str, Any] = {}
        self.products: dict[str, Any] = {}
        self.records: dict[str, Any] = {}
        for basket in baskets:
            for line in basket["lines"]:
                if line["product"] in self.products:
                    continue
                product = Product.objects.create(product_class=kind, title=line["product"], upc=line["product"])
                for name in (line["category"], line["department"]):
                    if name not in self.categories:
                        self.categories[name] = Category.add_root(name=name)
                    ProductCategory.objects.create(product=product, category=self.categories[name])
                self.products[line["product"]] = product
                self.records[line["product"]] = StockRecord.objects.create(
                    product=product, partner=partner, partner_sku=line["product"], price=Decimal(1)
                )

    def offer_of(self, deal: dict[str, Any]) -> Any:
        """A deal as oscar stores it: a range, a condition and a benefit on it."""
        from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range, RangeProduct  # noqa: PLC0415

        goods = Range.objects.create(name=deal["id"], includes_all_products=deal["wide"])
        known = [self.products[name] for name in deal["products"] if name in self.products]
        RangeProduct.objects.bulk_create(RangeProduct(range=goods, product=product) for product in known)
        for name in deal["categories"] + deal["departments"]:
            if name in self.categories:
                goods.included_categories.add(self.categories[name])
        most = None
        if deal["kind"] == "percent":
            what, value, asked, least = Benefit.PERCENTAGE, deal["percent_bp"] / 100, Condition.COUNT, 1
        elif deal["kind"] == "cheapest":
            what, value, asked, least = Benefit.MULTIBUY, None, Condition.COUNT, deal["every"]
        elif deal["kind"] == "wide_amount":
            what, value, asked, least = (
                Benefit.FIXED,
                deal["off_minor"] / 100,
                Condition.VALUE,
                deal["spend_minor"] / 100,
            )
        else:
            what, value, asked, least, most = Benefit.FIXED, deal["off_minor"] / 100, Condition.COUNT, 1, 1
        benefit = Benefit.objects.create(
            range=goods, type=what, value=None if value is None else Decimal(str(value)), max_affected_items=most
        )
        condition = Condition.objects.create(range=goods, type=asked, value=Decimal(str(least)))
        return ConditionalOffer.objects.create(
            name=deal["id"],
            slug=deal["id"],
            condition=condition,
            benefit=benefit,
            priority=PRIORITY_MAX - deal["rank"],
            exclusive=False,
            max_basket_applications=None if deal["kind"] in {"percent", "cheapest"} else 1,
        )

    def price(self, lines: list[dict[str, Any]], offers: list[Any]) -> tuple[float, int]:
        """CPU µs of the applicator alone, and the cents saved."""
        from oscar.apps.basket.models import Basket  # noqa: PLC0415
        from oscar.apps.offer.applicator import Applicator  # noqa: PLC0415
        from oscar.apps.partner.strategy import Selector  # noqa: PLC0415

        basket = Basket.objects.create()
        basket.strategy = Selector().strategy()
        for line in lines:
            record = self.records[line["product"]]
            record.price = Decimal(line["unit_price_minor"]) / 100
            record.save()
            product = self.products[line["product"]]
            product.refresh_from_db()
            basket.add_product(product, quantity=line["quantity"])
        start = time.process_time_ns()
        Applicator().apply_offers(basket, offers)
        saved = basket.total_discount
        return (time.process_time_ns() - start) / 1000, int(saved * 100)


def main() -> None:
    """Answer the job on standard input."""
    job = json.load(sys.stdin)
    set_up()
    from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range  # noqa: PLC0415

    shop = Shop(job["baskets"])
    sizes: dict[str, Any] = {}
    for size, deals in job["sets"].items():
        for kind in (ConditionalOffer, Benefit, Condition, Range):
            kind.objects.all().delete()
        for deal in deals:
            shop.offer_of(deal)
        us: list[float] = []
        spent = 0.0
        saved: list[int] = []
        for basket in job["baskets"]:
            live = ConditionalOffer.objects.filter(name__in=basket["live"][size]).order_by("-priority", "name")
            offers = list(live.select_related("condition", "benefit"))
            turns = [shop.price(basket["lines"], offers) for _ in range(job["in_a_row"])]
            spent += sum(took for took, _ in turns)
            us.append(min(took for took, _ in turns))
            saved.append(turns[0][1])
            if spent > job["seconds"] * 1e6:
                break
        sizes[size] = {"us": us, "saved": saved}
    json.dump({"version": version("django-oscar"), "sizes": sizes}, sys.stdout)


if __name__ == "__main__":
    main()
