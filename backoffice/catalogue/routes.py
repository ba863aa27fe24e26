"""Pages of products and categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from backoffice.catalogue import services
from backoffice.catalogue.models import Product
from backoffice.catalogue.services import ProductInput
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web import format as fmt
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import Cell, csv_response, decimal_text
from backoffice.web.templating import say
from pos_engine.core.money import currency_exponent

catalogue = Blueprint("catalogue", __name__, template_folder="templates")

PAGE_ROWS: Final = 50


@catalogue.get("/products")
@needs(Right.READ)
def product_list() -> str:
    """The list with instant search; htmx asks for the rows alone."""
    query, category_id = request.args.get("q", ""), request.args.get("category", "")
    after = (request.args.get("name", ""), request.args["after"]) if "after" in request.args else None
    with read() as reader:
        organisation_id = actor().organisation_id
        rows = services.search_products(
            reader, organisation_id, query, category_id=category_id, after=after, limit=PAGE_ROWS + 1
        )
        tree = services.category_tree(reader, organisation_id)
    values = {
        "rows": rows[:PAGE_ROWS],
        "more": len(rows) > PAGE_ROWS,
        "q": query,
        "category_id": category_id,
        "tree": tree,
        "category_names": {node.category.category_id: node.category.name for node in tree},
        "after": after,
    }
    fragment = request.headers.get("HX-Request")
    return render_template("catalogue/rows.html" if fragment else "catalogue/list.html", **values)


@catalogue.get("/products.csv")
@needs(Right.EXPORT)
def product_csv() -> Response:
    """Every product that the list shows."""
    acting = actor()
    query, category_id = request.args.get("q", ""), request.args.get("category", "")
    digits = currency_exponent(acting.organisation.currency)

    def rows() -> Iterator[tuple[Cell, ...]]:
        after: tuple[str, str] | None = None
        while True:
            with read() as reader:
                page = services.search_products(
                    reader, acting.organisation_id, query, category_id=category_id, after=after, limit=1000
                )
            for row in page:
                price = "" if row.price_minor is None else decimal_text(row.price_minor, digits)
                vat = "" if row.vat_bp is None else decimal_text(row.vat_bp, 2)
                lowest = decimal_text(row.lowest_price_minor, digits) if row.lowest_price_minor else ""
                yield (row.product_id, row.name, row.category_id, price, vat, row.line_kind, *_traits(row), lowest)
            if not page:
                return
            after = (page[-1].name, page[-1].product_id)

    header = ("product", "name", "category", "price", "vat_percent", "kind", *services.TRAITS, "lowest_price")
    return csv_response("products.csv", header, rows())


def _traits(product: Product) -> tuple[str, ...]:
    return tuple(str(getattr(product, trait)) for trait in services.TRAITS)


@catalogue.route("/products/new", methods=["GET", "POST"])
@needs(Right.CATALOGUE)
def product_new() -> str | Response | tuple[str, int]:
    """Add a product."""
    return _edit(None)


@catalogue.route("/products/<path:product_id>", methods=["GET", "POST"])
@needs(Right.CATALOGUE)
def product_edit(product_id: str) -> str | Response | tuple[str, int]:
    """Change a product."""
    with read() as reader:
        product = services.get_product(reader, actor().organisation_id, product_id)
    if product is None:
        abort(404)
    return _edit(product)


def _edit(product: Product | None) -> str | Response | tuple[str, int]:
    error = ""
    form: MultiDict[str, str] = _form_of(product) if product and request.method == "GET" else request.form
    if request.method == "POST":
        act = doing()
        try:
            values = product_input(request.form, product.product_id if product else "")
            if product is None:
                _refuse_known(values.product_id)
            write(lambda tx: services.save_product(tx, act, values).product_id)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("%(name)s was saved.", name=values.name))
            return redirect(url_for("catalogue.product_list"))
    with read() as reader:
        tree = services.category_tree(reader, actor().organisation_id)
    page = render_template("catalogue/edit.html", product=product, form=form, tree=tree, error=error)
    return (page, 422) if error else page


def _refuse_known(product_id: str) -> None:
    with read() as reader:
        known = services.get_product(reader, actor().organisation_id, product_id)
    if known is not None:
        raise InputError(_("There is a product %(id)s already: %(name)s.", id=product_id, name=known.name))


def _form_of(product: Product) -> MultiDict[str, str]:
    currency = actor().organisation.currency
    return MultiDict(
        {
            "product_id": product.product_id,
            "name": product.name,
            "category_id": product.category_id or "",
            "price": fmt.amount_input(product.price_minor, currency),
            "vat": "" if product.vat_bp is None else decimal_text(product.vat_bp, 2),
            "lowest_price": fmt.amount_input(product.lowest_price_minor or None, currency),
            "line_kind": product.line_kind,
            **dict(zip(services.TRAITS, _traits(product), strict=True)),
        }
    )


def product_input(form: MultiDict[str, str], product_id: str) -> ProductInput:
    """The product form as values; InputError says what cannot be read."""
    return ProductInput(
        product_id=product_id or form.get("product_id", "").strip(),
        name=" ".join(form.get("name", "").split()),
        category_id=form.get("category_id", ""),
        price_minor=fmt.parse_amount(form.get("price", ""), actor().organisation.currency),
        vat_bp=fmt.parse_percent(form.get("vat", "")),
        line_kind=form.get("line_kind", "goods"),
        department=form.get("department", "").strip(),
        brand=form.get("brand", "").strip(),
        family=form.get("family", "").strip(),
        attributes=services.joined_words(form.get("attributes", "")),
        lowest_price_minor=fmt.parse_amount(form.get("lowest_price", ""), actor().organisation.currency) or 0,
    )


@catalogue.route("/categories", methods=["GET", "POST"])
@needs(Right.READ)
def category_list() -> str | Response | tuple[str, int]:
    """The tree, and adding or changing a category."""
    error = ""
    if request.method == "POST":
        if not actor().may(Right.CATALOGUE):
            abort(403)
        act = doing()
        fields = [request.form.get(name, "") for name in ("category_id", "name", "parent_id")]
        try:
            write(lambda tx: services.save_category(tx, act, *fields).category_id)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("%(name)s was saved.", name=fields[1]))
            return redirect(url_for("catalogue.category_list"))
    with read() as reader:
        tree = services.category_tree(reader, actor().organisation_id)
    page = render_template("catalogue/categories.html", tree=tree, error=error, form=request.form)
    return (page, 422) if error else page
