"""“今天要办”里的一件事。各名词的模块各列各的，总览拼在一起。"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """今天要办的一件事。"""

    title: str
    detail: str
    url: str
    action: str
    is_primary: bool = False
    list_url: str = ""  # 数到的每一条在哪张清单上；就是 url 的空着
