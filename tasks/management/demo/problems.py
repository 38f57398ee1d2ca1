"""演示里的问题台账、督查检查与协调答复：报送走完之后由 `demo` 调用，只经 workflow 写状态。文字都标“（演示数据）”。"""

import datetime as dt
from typing import Any

from departments.models import Department, User
from tasks import workflow
from tasks.management.demo import Story
from tasks.models import CoordinationRequest, Inspection, Measure, Plan, Problem, Progress

from . import MARK, moment

# 督查检查：（登记时间，检查日期，检查人员，地点，情况，涉及的举措）。
INSPECTIONS = [
    (
        "2023-07-10 09:00",
        dt.date(2023, 7, 7),
        "领导小组办公室、纪工委",
        "政务服务大厅",
        "现场查看窗口、自助区和帮办台账。自助区土建已完工，标识不清，无人引导；7月上旬帮办代办登记不完整，有3件没有办结时间。",
        ("6", "7"),
    ),
    (
        "2023-09-15 09:00",
        dt.date(2023, 9, 13),
        "领导小组办公室、规划建设部",
        "王村220KV、段村110KV变电站工地",
        "王村变电站尾留地块未签约，影响进场；段村变电站主体结构正常施工，施工围挡东、北两侧不到位。",
        ("9", "10"),
    ),
]

# 问题：来源（报送：序号、部室、月份；检查：第几次；举措：序号）、题目、分类、分层、责任部室、期限、经过。
# 经过按时间写：挂账、整改（note）、申请（apply）、退回（return）、销号（settle）、调整（amend）、提请（escalate）。
PROBLEMS: list[tuple[Any, str, str, str, str, tuple[int, int], list[tuple]]] = [
    (("16", "财务部", 4), "企业股改所需历史沿革资料不全", "enterprise", "department", "财务部", (5, 15),
     [("open", "04-19 09:10"), ("note", "05-08 10:00", "协调档案、工商部门补出资料11份，企业已确认。"),
      ("apply", "05-09 09:00"), ("settle", "05-10 15:00", "资料清单已核对。")]),
    (("10", "规划建设部", 4), "王村变电站站址涉及耕地调整，手续未办", "factors", "leader", "规划建设部", (5, 20),
     [("open", "04-25 09:20"), ("note", "05-06 16:10", "耕地调整方案已报县自然资源局。"), ("note", "05-15 09:40", "调整方案批复，征地公告可以发布。"),
      ("apply", "05-15 09:45"), ("settle", "05-16 10:30")]),
    (("5",), "企业开办窗口叫号系统经常中断", "approval", "department", "审批中心", (6, 20),
     [("open", "06-06 11:00"), ("note", "06-13 17:00", "更换交换机，连续运行5天无故障。"), ("apply", "06-13 17:05"), ("settle", "06-14 09:30")]),
    (("4", "规划建设部", 6), "一个项目的施工便道与相邻用地边界不清", "project", "department", "规划建设部", (7, 5),
     [("open", "06-20 09:00"), ("note", "06-30 15:00", "完成重新测绘，双方签字确认界址。"), ("apply", "06-30 15:10"), ("settle", "07-03 09:00")]),
    (("14",), "企业家大讲堂场地和师资没有落实", "enterprise", "department", "党务办", (7, 12),
     [("open", "06-28 10:00"), ("note", "07-07 11:00", "场地定在创新中心，第一讲授课人已约定。"), ("apply", "07-07 11:05"), ("settle", "07-10 09:20")]),
    (0, "自助服务区标识不清、无人引导", "approval", "department", "审批中心", (7, 25),
     [("open", "07-10 09:30"), ("note", "07-20 16:00", "增设导引标识12处，工作日安排1名引导员。"), ("apply", "07-21 09:00"), ("settle", "07-24 10:00", "现场复查属实。")]),
    (0, "帮办代办登记不完整", "conduct", "department", "审批中心", (7, 31),
     [("open", "07-10 09:40"), ("note", "07-26 10:00", "补齐3件的办结时间。"), ("apply", "07-26 10:10"),
      ("return", "07-28 09:00", "只补了3件，登记制度没有改，请说明今后怎么防止漏登。"),
      ("note", "08-02 15:30", "改为系统自动带出受理、办结时间，每周五核对。"), ("apply", "08-02 15:35"), ("settle", "08-04 09:00")]),
    (("2", "审批中心", 7), "负面清单5条的依据与新目录口径不一致", "policy", "leader", "审批中心", (8, 20),
     [("open", "07-19 09:00"), ("note", "08-14 17:00", "重新论证完毕，保留3条、删除2条。"), ("apply", "08-15 09:00"), ("settle", "08-16 10:00")]),
    (("12", "审批中心", 7), "承诺制项目的事后监管分工不明确", "policy", "leader", "审批中心", (8, 15),
     [("open", "07-22 09:30"), ("note", "08-08 10:00", "与综合行政执法、生态环境部门明确监管分工，形成纪要。"), ("apply", "08-08 10:10"), ("settle", "08-09 16:00")]),
    (("7", "审批中心", 7), "智能辅助审批设备预算评审超时", "approval", "department", "财务部", (8, 5),
     [("open", "07-25 10:00"), ("note", "08-02 09:00", "评审意见已出具，后续采购评审限5个工作日办结。"), ("apply", "08-02 09:05"), ("settle", "08-03 11:00")]),
    (("3", "经济发展部", 7), "2个产业项目设备到货延迟", "project", "leader", "经济发展部", (8, 31),
     [("open", "07-25 10:30"), ("note", "08-10 15:00", "约谈供货方，重新排定到货时间。"), ("note", "08-23 16:00", "设备全部到场，开始安装。"), ("apply", "08-24 09:00"), ("settle", "08-25 10:00")]),
    (("13",), "企业反映的停车、通勤问题没有回音", "enterprise", "department", "综合办", (8, 20),
     [("open", "08-04 14:00"), ("note", "08-16 10:00", "新增通勤班车1条，临时车位40个，已逐户答复。"), ("apply", "08-16 10:05"), ("settle", "08-18 09:30")]),
    (("10", "规划建设部", 8), "送电线路跨越手续2处未批复", "factors", "leader", "规划建设部", (9, 8),
     [("open", "08-16 09:00"), ("note", "08-30 16:00", "两处跨越方案已按意见修改重报。"),
      ("amend", "09-06 10:00", (9, 15), "跨越方案评审会推迟一周，期限相应顺延。"), ("note", "09-14 17:20", "1处已批复，另1处待铁路部门回函。")]),
    (("20", "科技创新部", 8), "部分企业研发费用归集不规范", "enterprise", "department", "科技创新部", (9, 24),
     [("open", "08-18 09:00"), ("note", "09-08 10:00", "请税务、会计师事务所上门辅导6家。"), ("note", "09-20 16:00", "6家企业辅助账已补齐，第二批评审材料补正完毕。"), ("apply", "09-20 16:10")]),
    (("8", "规划建设部", 8), "区域评估成果更新慢，影响标准地挂牌", "factors", "leader", "规划建设部", (10, 20),
     [("open", "08-24 09:00"), ("note", "09-12 11:00", "地质灾害评估已完成外业，10月中旬提交成果。")]),
    (("16", "财务部", 8), "上市辅导备案没有受理，年内目标难以完成", "enterprise", "leader", "财务部", (9, 20),
     [("open", "08-25 09:00"), ("note", "09-11 15:00", "股份公司设立材料已递交登记，辅导备案材料完成内核。"),
      ("escalate", "09-15 16:00", "辅导、申报、审核均需法定周期，年内1家的目标需领导小组研究。")]),
    (1, "王村变电站尾留地块未签约", "factors", "group", "规划建设部", (10, 15),
     [("open", "09-15 09:30"), ("note", "09-19 15:00", "尾留5户中签约1户，其余诉求已汇总上报。")]),
    (1, "段村变电站施工围挡不到位", "project", "department", "规划建设部", (9, 27),
     [("open", "09-15 09:40"), ("note", "09-18 10:00", "东侧围挡已补齐。"), ("apply", "09-18 10:05"), ("return", "09-20 09:30", "北侧约60米仍没有围挡，请补齐并附照片。")]),
    (("7",), "智能辅助审批设备到货时间没有落实", "approval", "department", "审批中心", (9, 28),
     [("open", "09-18 14:30"), ("note", "09-20 10:20", "供货方承诺10月12日前到货，已要求书面确认。")]),
]  # fmt: skip

# 协调答复：（请的部室，月份，答复的部室，答复时间，答复）。
ANSWERS = [
    ("审批中心", 6, "财务部", "06-28 10:00", "预算评审已安排，7月第二周出具意见。"),
    ("招商引资部", 6, "规划建设部", "07-03 09:30", "1宗年内可供，另1宗待规划调整，供地时间另行书面告知。"),
    ("审批中心", 7, "规划建设部", "07-27 15:00", "已委托更新，先移交压覆矿产、文物两项成果供引用。"),
    ("科技创新部", 7, "规划建设部", "07-31 16:00", "规划条件已核发，消防设计审查由审批中心受理，我部配合。"),
]


def tell(story: Story) -> None:
    """检查、挂账、整改、销号与协调答复，按时间走一遍。"""
    plan = story.plan
    office = story.office
    held = []
    for when, held_on, inspectors, place, findings, numbers in INSPECTIONS:
        measures = Measure.objects.in_force().filter(plan=plan, number__in=numbers)
        held.append(
            workflow.add_inspection(
                plan,
                by=office,
                at=moment(when),
                held_on=held_on,
                inspectors=inspectors,
                place=place,
                findings=findings + MARK,
                measures=measures,
            )
        )
    for origin, title, category, level, department, due, steps in PROBLEMS:
        problem = workflow.open_problem(
            plan,
            by=office,
            at=_at(steps[0][1]),
            title=title,
            category=category,
            level=level,
            department=Department.objects.get(name=department),
            due_on=dt.date(2023, *due),
            **_origin(plan, held, origin, title),
        )
        for step in steps[1:]:
            _go(problem, office, _reporter(department), *step)
    for asker, month, department, when, answer in ANSWERS:
        asked = CoordinationRequest.objects.get(
            progress__assignment__department__name=asker,
            progress__period__slug=f"2023-{month:02d}",
            to_department__name=department,
        )
        workflow.answer_coordination(asked, by=_reporter(department), at=_at(when), text=answer + MARK)


def asked(said: Any) -> Department | None:
    """这条报送请哪个部室协调。"""
    return Department.objects.filter(name=said.get("coordinate_with", "")).first()


def _origin(plan: Plan, held: list[Inspection], origin: Any, title: str) -> dict:
    """来自报送的抄报送里写的；来自检查、直接列入的写题目。"""
    if isinstance(origin, int):
        return {
            "inspection": held[origin],
            "measure": held[origin].measures.order_by("-position").first(),
            "text": title + "。" + MARK,
        }
    if len(origin) == 1:
        return {"measure": Measure.objects.in_force().get(plan=plan, number=origin[0]), "text": title + "。" + MARK}
    number, department, month = origin
    report = Progress.objects.get(
        period__slug=f"2023-{month:02d}",
        assignment__measure__number=number,
        assignment__department__name=department,
        corrects=None,
    )
    return {"progress": report, "text": "\n".join(part for part in (report.problems, report.coordination) if part)}


def _go(problem: Problem, office: User, reporter: User, verb: str, when: str, *said: Any) -> None:
    at = _at(when)
    if verb == "note":
        workflow.note_problem(problem, by=reporter, at=at, text=said[0] + MARK)
    elif verb == "apply":
        workflow.apply_problem(problem, by=reporter, at=at, text="已整改到位，申请销号。" + MARK)
    elif verb == "return":
        workflow.return_problem(problem, by=office, at=at, reason=said[0] + MARK)
    elif verb == "settle":
        workflow.settle_problem(problem, by=office, at=at, note="".join(s + MARK for s in said))
    elif verb == "escalate":
        workflow.escalate_problem(problem, by=office, at=at, reason=said[0] + MARK)
    elif verb == "amend":
        workflow.amend_problem(
            problem,
            by=office,
            at=at,
            reason=said[1] + MARK,
            category=problem.category,
            level=problem.level,
            department=problem.department,
            due_on=dt.date(2023, *said[0]),
        )


def _reporter(department: str) -> User:
    return User.objects.get(username=Department.objects.get(name=department).slug)


def _at(text: str) -> dt.datetime:
    """“09-21 16:20” → 2023 年带时区的时刻。"""
    return moment(f"2023-{text}")
