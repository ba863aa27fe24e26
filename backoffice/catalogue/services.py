"""What may be done with products and categories. Every change also goes to the tills' change feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.catalogue.feed import tell_products
from backoffice.catalogue.models import Category, Product
from backoffice.catalogue.tree import DEPTH_MAX, path_of, subtree_of
from backoffice.errors import InputError
from backoffice.text import folded, search_patterns, search_text

LINE_KINDS: Final = ("goods", "service", "deposit", "price_fixed")
SEARCH_TEXT_MAX: Final = 400
VAT_BP_MAX: Final = 10_000
PRICE_MINOR_MAX: Final = 100_000_000
ID_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 200


@dataclass(frozen=True)
class ProductInput:
    """What the product form says. `price_minor` None: the register knows the price.

    `attributes` are words that offers may ask for, separated by `|`. No offer goes below `lowest_price_minor`.
    """

    product_id: str
    name: str
    category_id: str = ""
    price_minor: int | None = None
    vat_bp: int | None = None
    line_kind: str = "goods"
    department: str = ""
    brand: str = ""
    family: str = ""
    attributes: str = ""
    lowest_price_minor: int = 0


TRAITS: Final = {"department": 64, "brand": 64, "family": 64, "attributes": 400}
"""What offers may ask about a product besides its category, with the longest text of each."""


@dataclass(frozen=True)
class CategoryNode:
    """A category with its depth in the tree (0 is the top) and how many products lie directly in it."""

    category: Category
    depth: int
    products: int


def all_categories(session: Session, organisation_id: str) -> Mapping[str, Category]:
    """Every category by id."""
    rows = session.scalars(select(Category).where(Category.organisation_id == organisation_id))
    return {row.category_id: row for row in rows}


def parents_of(session: Session, organisation_id: str) -> Mapping[str, str | None]:
    """Each category's parent, by id."""
    rows = session.execute(
        select(Category.category_id, Category.parent_id).where(Category.organisation_id == organisation_id)
    )
    return dict(rows.all())


def category_tree(session: Session, organisation_id: str) -> list[CategoryNode]:
    """The tree, each node before its children, names in order."""
    categories = all_categories(session, organisation_id)
    counts = dict(
        session.execute(
            select(Product.category_id, func.count())
            .where(Product.organisation_id == organisation_id)
            .group_by(Product.category_id)
        ).all()
    )
    children: dict[str | None, list[Category]] = {}
    for category in sorted(categories.values(), key=lambda c: folded(c.name)):
        children.setdefault(category.parent_id, []).append(category)
    nodes: list[CategoryNode] = []
    waiting = [(category, 0) for category in reversed(children.get(None, []))]
    while waiting:
        category, depth = waiting.pop()
        nodes.append(CategoryNode(category, depth, counts.get(category.category_id, 0)))
        waiting.extend((child, depth + 1) for child in reversed(children.get(category.category_id, [])))
    return nodes


def save_category(session: Session, doing: Doing, category_id: str, name: str, parent_id: str) -> Category:
    """Add or change a category; InputError when the parent is unknown or lies below it."""
    category_id, name = category_id.strip(), name.strip()
    if not category_id or not name:
        raise InputError("a category needs an id and a name")
    categories = all_categories(session, doing.organisation_id)
    if parent_id and parent_id not in categories:
        raise InputError(f"there is no category {parent_id}")
    above = path_of({each: row.parent_id for each, row in categories.items()}, parent_id or None)
    if category_id in above:
        raise InputError(f"{name} cannot lie below itself")
    if len(above) >= DEPTH_MAX - 1:
        raise InputError(f"a category tree has at most {DEPTH_MAX} levels")
    category = categories.get(category_id) or Category(organisation_id=doing.organisation_id, category_id=category_id)
    moved = category.parent_id != (parent_id or None)
    category.name = name
    category.parent_id = parent_id or None
    session.add(category)
    session.flush()
    doing.note(session, "category_saved", "category", category_id)
    if moved:
        tell_products(session, doing.organisation_id, _products_below(session, doing.organisation_id, category_id))
    return category


def _products_below(session: Session, organisation_id: str, category_id: str) -> list[str]:
    below = subtree_of(parents_of(session, organisation_id), category_id)
    return list(
        session.scalars(
            select(Product.product_id).where(Product.organisation_id == organisation_id, Product.category_id.in_(below))
        )
    )


def product_search_text(product_id: str, name: str) -> str:
    """What the instant search of products looks at."""
    return search_text((name, product_id), SEARCH_TEXT_MAX)


def save_product(session: Session, doing: Doing, values: ProductInput) -> Product:
    """Add or change a product; InputError says what is wrong with it."""
    check_product(values, all_categories(session, doing.organisation_id))
    product = session.get(Product, (doing.organisation_id, values.product_id)) or Product(
        organisation_id=doing.organisation_id, product_id=values.product_id
    )
    product.name = values.name
    product.category_id = values.category_id or None
    product.price_minor = values.price_minor
    product.vat_bp = values.vat_bp
    product.line_kind = values.line_kind
    product.lowest_price_minor = values.lowest_price_minor
    for trait in TRAITS:
        setattr(product, trait, getattr(values, trait))
    product.search_text = product_search_text(values.product_id, values.name)
    product.updated_at = doing.clock.now()
    session.add(product)
    session.flush()
    doing.note(session, "product_saved", "product", values.product_id)
    tell_products(session, doing.organisation_id, [values.product_id])
    return product


def check_product(values: ProductInput, categories: Mapping[str, Category] | Iterable[str]) -> None:
    """InputError when a product cannot be as it is described."""
    if not values.product_id or len(values.product_id) > ID_LENGTH_MAX:
        raise InputError(f"a product needs an id of at most {ID_LENGTH_MAX} characters: its article number or EAN")
    if not values.name or len(values.name) > NAME_LENGTH_MAX:
        raise InputError(f"a product needs a name of at most {NAME_LENGTH_MAX} characters", "name")
    if values.category_id and values.category_id not in categories:
        raise InputError(f"there is no category {values.category_id}")
    if values.line_kind not in LINE_KINDS:
        raise InputError(f"{values.line_kind!r} is not a kind; the kinds are {', '.join(LINE_KINDS)}")
    _check_prices(values)
    if values.vat_bp is not None and not 0 <= values.vat_bp <= VAT_BP_MAX:
        raise InputError("a VAT rate lies between 0 and 100 %", "vat")
    for trait, most in TRAITS.items():
        if len(getattr(values, trait)) > most:
            raise InputError(f"{trait}: at most {most} characters", trait)


def _check_prices(values: ProductInput) -> None:
    if values.price_minor is not None and not 0 <= values.price_minor <= PRICE_MINOR_MAX:
        raise InputError("a price cannot be negative or above 1,000,000.00", "price")
    if not 0 <= values.lowest_price_minor <= PRICE_MINOR_MAX:
        raise InputError("a lowest price cannot be negative or above 1,000,000.00", "lowest_price")
    if values.price_minor is not None and values.lowest_price_minor > values.price_minor:
        raise InputError("the lowest price is above the shelf price", "lowest_price")


def joined_words(text: str) -> str:
    """Words between bars, each once and without spaces around it."""
    return "|".join(dict.fromkeys(" ".join(word.split()) for word in text.split("|") if word.strip()))


def get_product(session: Session, organisation_id: str, product_id: str) -> Product | None:
    """One product of this organisation."""
    return session.get(Product, (organisation_id, product_id))


def has_products(session: Session, organisation_id: str) -> bool:
    """Whether any product is known."""
    return (
        session.scalar(select(Product.product_id).where(Product.organisation_id == organisation_id).limit(1))
        is not None
    )


def search_products(
    session: Session,
    organisation_id: str,
    query: str,
    *,
    category_id: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> Sequence[Product]:
    """Products whose words begin with every word of the query, in a category's subtree; by name, page by page."""
    statement = (
        select(Product)
        .where(Product.organisation_id == organisation_id)
        .order_by(Product.name, Product.product_id)
        .limit(limit)
    )
    for pattern in search_patterns(query):
        statement = statement.where(Product.search_text.like(pattern, escape="\\"))
    if category_id:
        below = subtree_of(parents_of(session, organisation_id), category_id)
        statement = statement.where(Product.category_id.in_(below))
    if after is not None:
        name, product_id = after
        statement = statement.where(
            or_(Product.name > name, (Product.name == name) & (Product.product_id > product_id))
        )
    return session.scalars(statement).all()


def products_by_id(session: Session, organisation_id: str, product_ids: Iterable[str]) -> Mapping[str, Product]:
    """Those of the products that exist, by id."""
    found: dict[str, Product] = {}
    ids = list(dict.fromkeys(product_ids))
    for start in range(0, len(ids), 500):
        rows = session.scalars(
            select(Product).where(
                Product.organisation_id == organisation_id, Product.product_id.in_(ids[start : start + 500])
            )
        )
        found.update((row.product_id, row) for row in rows)
    return found


def search_categories(session: Session, organisation_id: str, query: str, limit: int) -> list[Category]:
    """Categories with a word that begins like every word of the query; by name."""
    words = folded(query).split()
    found = [
        row
        for row in all_categories(session, organisation_id).values()
        if all(any(each.startswith(word) for each in folded(f"{row.name} {row.category_id}").split()) for word in words)
    ]
    return sorted(found, key=lambda row: folded(row.name))[:limit]
