"""演示：办公室从已通过的报送里选了三条对外宣传，两条是经验做法。对外公开页不打开，由管理员自己试。"""

from tasks import workflow
from tasks.management.demo import Story
from tasks.models import Progress

from . import moment

# （举措，部室，报送期，类别，发布时间，对外文字）
ITEMS = [
    (
        "5",
        "审批中心",
        "2023-08",
        "practice",
        "2023-08-30 10:00",
        "企业开办零成本、半天办结。刻制印章、税务 UKey 全部免费，登记、刻章、申领发票并成一个环节，"
        "企业登记平均用时稳定在 0.5 个工作日，已有 149 户企业受益。（演示数据）",
    ),
    (
        "12",
        "审批中心",
        "2023-08",
        "practice",
        "2023-09-06 09:30",
        "环评手续分类办。该豁免的豁免，能承诺的承诺，平均用时压到 3 个工作日；"
        "放宽了审批，监管清单同步跟上，做到放得开、管得住。（演示数据）",
    ),
    (
        "15",
        "财务部",
        "2023-09",
        "news",
        "2023-09-21 16:40",
        "银企对接见实效。今年以来定期举办银企对接活动，累计帮助 15 家企业获得贷款 2.05 亿元，"
        "年底前的续贷需求正在逐户摸排。（演示数据）",
    ),
]


def tell(story: Story) -> None:
    """办公室照此发布。"""
    for number, department, slug, category, when, wording in ITEMS:
        progress = Progress.objects.latest().get(
            assignment__measure__number=number, assignment__department__name=department, period__slug=slug
        )
        workflow.release_item(progress, by=story.office, at=moment(when), category=category, wording=wording)
