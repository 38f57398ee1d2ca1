"""模板里写的“部室”，照单位的统称排：载入模板时换，各种统称各存一份。换的只是模板里的字，填进去的内容不动。"""

from typing import Any

from django.template import Origin
from django.template.loaders.cached import Loader

from . import organisation


class UnitLoader(Loader):
    """存着编译好的模板；统称不同，存的就是另一份。"""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{organisation.unit()}:{super().cache_key(template_name, skip)}"

    def get_contents(self, origin: Origin) -> str:
        return organisation.worded(super().get_contents(origin))
