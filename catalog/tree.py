"""Departments and their categories, as shoppers walk them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from catalog.memory import Memory, recall
from catalog.models import Category, Product


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
    """All active categories. `departments` are those without a parent, in shelf order."""

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
    return (recall() if memory is None else memory).get("tree", _read)


def _read() -> Tree:
    # Counted in the index, category by category: joining the products would read all of them.
    own = Product.objects.filter(category=OuterRef("pk"), is_active=True).order_by()
    counted = Subquery(own.values("category").annotate(n=Count("*")).values("n"))
    categories = Category.objects.active().annotate(own_count=Coalesce(counted, 0))
    nodes = {
        category.pk: Node(category=category, own_count=category.own_count)
        for category in categories.order_by("position", "id")
    }
    departments = []
    for node in nodes.values():
        parent_id = node.category.parent_id
        if parent_id is None:
            departments.append(node)
        elif parent_id in nodes:
            nodes[parent_id].children.append(node)
    reachable = {pk for department in departments for pk in department.ids()}
    return Tree(
        departments=departments, nodes={pk: node for pk, node in nodes.items() if pk in reachable}
    )
