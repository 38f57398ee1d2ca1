"""另取来的关联：各行名下的一组由备好的查询（prepared）取来，放到关联的位置上，像 prefetch_related 那样，不必再编一句。"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Model


class Fetched(list):
    """已经取来的一组，放在关联的位置上：`.all()` 就是它；还要筛、要数的（`.filter` 等）另问库。"""

    def __init__(self, found: list[Any], owner: Model, name: str) -> None:
        super().__init__(found)
        self.of = owner, name

    def count(self, *one: Any) -> int:
        return super().count(*one) if one else len(self)

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("__") or "of" not in vars(self):  # 复制的时候
            raise AttributeError(verb)
        owner, name = self.of
        manager = getattr(owner, name)
        return getattr(manager._apply_rel_filters(manager.model._default_manager.all()), verb)


def attach(rows: Iterable[Model], name: str, found: Iterable[Any], owner: str, of: str = "") -> None:
    """另取来的（`found`，各凭 `owner` 归一行；`of` 是经中间表的，要的是它的哪一栏）放到各行的 `name` 下，像 prefetch_related 那样。"""
    groups = defaultdict(list)
    for one in found:
        groups[getattr(one, f"{owner}_id")].append(one)
    for row in rows:
        mine = groups.get(row.pk, ())
        for one in mine:
            setattr(one, owner, row)
        cache = vars(row).setdefault("_prefetched_objects_cache", {})
        cache[name] = Fetched([getattr(one, of) if of else one for one in mine], row, name)
