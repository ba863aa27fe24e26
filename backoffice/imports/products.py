"""Products and categories from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.catalogue import services
from backoffice.catalogue.feed import tell_products
from backoffice.catalogue.models import Category, Product
from backoffice.catalogue.services import LINE_KINDS, ProductInput
from backoffice.catalogue.tree import DEPTH_MAX, path_of
from backoffice.errors import InputError
from backoffice.imports.plan import Checked, Importer, Progress, RowRefused
from backoffice.imports.table import Column, Issue
from backoffice.slugs import new_slug
from backoffice.text import folded
from backoffice.web.format import parse_amount, parse_percent

CHUNK: Final = 5_000

KIND_NAMES: Final = {
    "": "goods",
    "ware": "goods",
    "dienstleistung": "service",
    "labour": "service",
    "pfand": "deposit",
    "preisgebunden": "price_fixed",
    **{kind: kind for kind in LINE_KINDS},
}


class ProductImporter(Importer):
    """Rows of products; a known product id is changed, an unknown one added."""

    columns = (
        Column("product_id", ("product", "product_id", "article", "article number", "ean", "sku", "artikel",
                              "artikelnummer", "produkt", "number", "nummer", "code", "plu", "gtin"), required=True),
        Column("name", ("name", "description", "title", "bezeichnung", "produktname"), required=True),
        Column("category_id", ("category", "category_id", "warengruppe", "kategorie")),
        Column("price", ("price", "preis", "prix", "prezzo")),
        Column("vat", ("vat_percent", "vat", "vat %", "mwst", "mwst %", "ust", "tax")),
        Column("line_kind", ("kind", "line_kind", "art")),
        Column("department", ("department", "abteilung")),
        Column("brand", ("brand", "marke", "marque", "marca")),
        Column("family", ("family", "familie", "famille")),
        Column("attributes", ("attributes", "merkmale")),
        Column("lowest_price", ("lowest_price", "lowest price", "mindestpreis", "prix minimum", "prezzo minimo")),
    )  # fmt: skip

    @override
    def prepare(self, session: Session) -> None:
        self._known = set(
            session.scalars(select(Product.product_id).where(Product.organisation_id == self.organisation_id))
        )
        categories = services.all_categories(session, self.organisation_id)
        self._categories = {category_id: category_id for category_id in categories}
        for category_id, row in categories.items():
            self._categories.setdefault(folded(row.name), category_id)
        self._seen: set[str] = set()
        self._made: dict[str, str] = {}
        """Categories that only the file names: id → name."""

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> ProductInput:
        product_id = cells["product_id"]
        if product_id in self._seen:
            raise RowRefused("product_id", product_id, "this product is in the file twice")
        values = ProductInput(
            product_id=product_id,
            name=cells["name"],
            category_id=self._category(cells.get("category_id", ""), checked),
            price_minor=_cell(cells, "price", lambda text: parse_amount(text, self.tariff.currency)),
            vat_bp=_cell(cells, "vat", parse_percent),
            line_kind=self._kind(cells.get("line_kind", "")),
            department=cells.get("department", ""),
            brand=cells.get("brand", ""),
            family=cells.get("family", ""),
            attributes=services.joined_words(cells.get("attributes", "")),
            lowest_price_minor=_cell(cells, "lowest_price", lambda text: parse_amount(text, self.tariff.currency)) or 0,
        )
        try:
            services.check_product(values, self._categories.values())
        except InputError as error:
            field = error.field or "product_id"
            raise RowRefused(field, cells.get(field, ""), str(error)) from error
        self._seen.add(product_id)
        checked.count("changed" if product_id in self._known else "new")
        return values

    def _category(self, text: str, checked: Checked) -> str:
        """The category by its id or name; one that nobody has yet is made, as groups of members are."""
        found = self._categories.get(text) or self._categories.get(folded(text)) if text else ""
        if found is None:
            if len(text) > services.NAME_LENGTH_MAX:
                raise RowRefused(
                    "category_id", text, "must have 1 to %(length)s characters", length=services.NAME_LENGTH_MAX
                )
            found = new_slug(text, self._categories.values(), "category")
            self._categories[found] = self._categories[folded(text)] = found
            self._made[found] = text
            checked.count("new_categories")
        return found

    @staticmethod
    def _kind(text: str) -> str:
        found = KIND_NAMES.get(folded(text))
        if found is None:
            raise RowRefused("line_kind", text, f"not a kind; the kinds are {', '.join(LINE_KINDS)}")
        return found

    @override
    def apply(self, session: Session, doing: Doing, records: Sequence[ProductInput], progress: Progress) -> None:
        now = doing.clock.now()
        used = {values.category_id for values in records}
        for category_id, name in self._made.items():
            if category_id in used:
                session.add(Category(organisation_id=self.organisation_id, category_id=category_id, name=name))
        session.flush()
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            ids = [values.product_id for values in chunk]
            session.execute(
                delete(Product).where(Product.organisation_id == self.organisation_id, Product.product_id.in_(ids))
            )
            session.execute(
                insert(Product),
                [
                    {
                        "organisation_id": self.organisation_id,
                        "product_id": values.product_id,
                        "name": values.name,
                        "category_id": values.category_id or None,
                        "price_minor": values.price_minor,
                        "vat_bp": values.vat_bp,
                        "line_kind": values.line_kind,
                        "lowest_price_minor": values.lowest_price_minor,
                        **{trait: getattr(values, trait) for trait in services.TRAITS},
                        "search_text": services.product_search_text(values.product_id, values.name),
                        "updated_at": now,
                    }
                    for values in chunk
                ],
            )
            tell_products(session, self.organisation_id, ids)
            progress(start + len(chunk))
        doing.note(session, "products_imported", "import", "", str(len(records)))


class CategoryImporter(Importer):
    """Rows of categories; a parent may stand in a later row of the same file."""

    columns = (
        Column("category_id", ("category", "category_id", "id", "kategorie", "warengruppe"), required=True),
        Column("name", ("name", "bezeichnung", "title"), required=True),
        Column("parent_id", ("parent", "parent_id", "lies in", "oberkategorie", "ubergeordnet")),
    )

    @override
    def prepare(self, session: Session) -> None:
        self._parents = dict(services.parents_of(session, self.organisation_id))
        self._known = set(self._parents)
        self._in_file: set[str] = set()

    @override
    def read_row(self, cells: Mapping[str, str], checked: Checked) -> tuple[str, str, str | None]:
        category_id, name, parent = cells["category_id"], cells["name"], cells.get("parent_id", "") or None
        for field, text, length in (("category_id", category_id, 64), ("name", name, 200)):
            if not text or len(text) > length:
                raise RowRefused(field, text, f"must have 1 to {length} characters")
        if category_id in self._in_file:
            raise RowRefused("category_id", category_id, "this category is in the file twice")
        self._in_file.add(category_id)
        self._parents[category_id] = parent
        checked.count("changed" if category_id in self._known else "new")
        return category_id, name, parent

    @override
    def finish_check(self, checked: Checked, rows: Sequence[int]) -> None:
        for number, (category_id, _name, parent) in zip(rows, checked.records, strict=True):
            if parent is not None and parent not in self._parents:
                checked.refuse(
                    Issue(number, "parent", parent, "there is no such category, neither here nor in the file")
                )
            elif len(path_of(self._parents, category_id)) >= DEPTH_MAX:
                reason = f"lies below itself, or deeper than {DEPTH_MAX} levels"
                checked.refuse(Issue(number, "parent", parent or "", reason))

    @override
    def apply(
        self, session: Session, doing: Doing, records: Sequence[tuple[str, str, str | None]], progress: Progress
    ) -> None:
        by_depth = sorted(records, key=lambda record: len(path_of(self._parents, record[0])))
        before = services.parents_of(session, self.organisation_id)
        for category_id, name, parent in by_depth:
            session.merge(
                Category(organisation_id=self.organisation_id, category_id=category_id, name=name, parent_id=parent)
            )
            session.flush()
        progress(len(records))
        moved = any(each in before and before[each] != parent for each, _name, parent in records)
        if moved:
            ids = session.scalars(select(Product.product_id).where(Product.organisation_id == self.organisation_id))
            tell_products(session, self.organisation_id, list(ids))
        doing.note(session, "categories_imported", "import", "", str(len(records)))


def _cell(cells: Mapping[str, str], field: str, read: Callable[[str], int | None]) -> int | None:
    text = cells.get(field, "")
    try:
        return read(text)
    except InputError as error:
        raise RowRefused(field, text, str(error)) from error
