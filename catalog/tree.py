"""Departments and their categories, as shoppers walk them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from catalog.facets import Facet
from catalog.models import Category, Product
from catalog.process_cache import Memory, recall


@dataclass(kw_only=True)
class Node:
    """A category with what is below it; `count` covers the whole subtree."""

    category: Category
    own_count: int
    children: list[Node] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.own_count + sum(child.count for child in self.children)

    def ids(self) -> list[int]:
        return [self.category.pk, *(pk for child in self.children for pk in child.ids())]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All open categories. `departments` are those without a parent, in shelf order."""

    departments: list[Node]
    nodes: dict[int, Node]

    def by_slug(self, slug: str) -> Node | None:
        return next((node for node in self.nodes.values() if node.category.slug == slug), None)

    def path_to(self, node: Node) -> list[Node]:
        """The nodes from the department down to `node`, which is last."""
        path = [node]
        while path[0].category.parent_id in self.nodes:
            path.insert(0, self.nodes[path[0].category.parent_id])
        return path

    def walk(self) -> Iterator[Node]:
        yield from self.nodes.values()


def category_tree(memory: Memory | None = None) -> Tree:
    """Every active category below active ones, with its number of products.

    One query, and one more where nobody had asked since the catalogue changed.
    """
    known = recall() if memory is None else memory
    return known.get("tree", lambda: _read(known.hides_chametz))


def _read(hides_chametz: bool | None) -> Tree:
    # Counted in the index, category by category: joining the products would read all of them.
    own = Product.objects.shown(hides_chametz=hides_chametz)
    own = own.filter(category=OuterRef("pk"), is_active=True).order_by()
    counted = Subquery(own.values("category").annotate(n=Count("*")).values("n"))
    categories = Category.objects.open().annotate(own_count=Coalesce(counted, 0))
    nodes = {
        category.pk: Node(category=category, own_count=category.own_count)
        for category in categories.order_by("position", "id")
    }
    departments = []
    for node in nodes.values():
        parent_id = node.category.parent_id
        if parent_id is None:
            departments.append(node)
        else:
            nodes[parent_id].children.append(node)
    return Tree(departments=departments, nodes=nodes)


def department_facets(categories: Iterable[Facet], tree: Tree) -> list[Facet]:
    """The counts of categories added up by department, the fullest first."""
    counts: dict[int, int] = {}
    for facet in categories:
        node = tree.nodes.get(facet.pk or 0)
        if node is not None:
            top = tree.path_to(node)[0].category.pk
            counts[top] = counts.get(top, 0) + facet.count
    named = {pk: tree.nodes[pk].category for pk in counts}
    found = [
        Facet(pk=pk, value=named[pk].slug, label=named[pk].name, count=count)
        for pk, count in counts.items()
    ]
    return sorted(found, key=lambda facet: (-facet.count, facet.label))
