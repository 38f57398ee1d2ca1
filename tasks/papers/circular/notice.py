"""通报：发各部室。方案三（二）：“加强工作进度的统计、分析和通报”。"""

from yingshang import dates

from ...figures.contract import DepartmentLine, Figures, Row
from ...workflow.circular import Section
from . import facts
from .phrases import by_department, count, numbers, owing, rows, section, span_name, stated, which, with_numbers


def title(f: Figures) -> str:
    """标题。"""
    return f"关于{span_name(f)}优化营商环境行动方案推进情况的通报"


def sections(f: Figures) -> list[Section]:
    """十节；没有标题的第一节是开头。"""
    return [
        section(
            "opening",
            "",
            [
                f"{facts.duty(f, '关于加强工作进度统计、分析和通报')}，现将{span_name(f)}推进情况通报如下。{facts.as_of(f)}"
            ],
        ),
        section("overall", "总体情况", facts.overall(f)),
        section("departments", "分部室情况", departments(f)),
        section("changes", "变化情况", [*facts.light_changes(f), *facts.other_changes(f)]),
        section(
            "warned",
            "红灯、黄灯举措及原因",
            ["（一）红灯举措", *facts.warned(f, "red"), "（二）黄灯举措", *facts.warned(f, "yellow")],
        ),
        section("unreported", "未报和迟报" if facts.is_due(f) else "报送进度", unreported(f)),
        section("problems", "问题台账", [*facts.problems(f), facts.inspections(f)]),
        section("instructions", "批示办理", facts.instructions(f)),
        section("self_review", "自审情况", facts.self_reviewed(f)),
        section("next", "下步要求", demands(f)),
    ]


def departments(f: Figures) -> list[str]:
    """分部室：先说怎么计数，再说谁报全了、谁没报全。表另排。"""
    how = "按部室统计以项次计，共同牵头的举措在各牵头部室分别计次，灯按本部室那一份计。"
    if shared := rows(f, "shared"):
        how += f"另有全体共担{len(shared)}项（{numbers(shared)}），各部室各计1项次。"
    owed = [d for d in f["departments"] if d["owed"]]
    whole = [d["name"] for d in owed if d["reported"] == d["owed"]]
    partly = [d for d in owed if d["reported"] < d["owed"]]
    if not owed:
        table = "各部室情况见下表。" if f["departments"] else ""
        return [how, f"{f['period']['short']}没有应报的部室。{table}"]
    if len(owed) > 1 and all(d["unreported"] == d["owed"] for d in owed):
        return [how, f"应报的{len(owed)}个部室均未报送，情况见下表。"]
    said = f"全部报送的部室{len(whole)}个：{'、'.join(whole)}。" if whole else "全部报送的部室：无。"
    listed = "、".join(f"{d['name']}（应报{d['owed']}项次，{_standing(d)}）" for d in partly)
    label = "还有未报或退回待改的部室"
    said += f"{label}{len(partly)}个：{listed}。" if partly else f"{label}：无。"
    return [how, said + "各部室情况见下表。"]


def _standing(department: DepartmentLine) -> str:
    """一个没有报全的部室：已报、退回待改、未报各几项次；只有一种的不再写数。"""
    kinds = (("已报", department["reported"]), ("退回待改", department["returned"]), ("未报", department["unreported"]))
    found = [(label, n) for label, n in kinds if n]
    if len(found) == 1:
        return ("均" if department["owed"] > 1 else "") + found[0][0]
    return "，".join(f"{label}{n}项次" for label, n in found)


def unreported(f: Figures) -> list[str]:
    """未报、退回待改、补报、连续未报、催办。没有过截止日的只说报送进度，不算未报。"""
    return [
        _unreported(f) + stated("退回待改", rows(f, "returned")),
        stated("补报（首次报送晚于截止日）", rows(f, "late")) + stated("连续两期未报", rows(f, "still_missed")),
        facts.reminders(f),
    ]


def _unreported(f: Figures) -> str:
    found, until = rows(f, "unreported"), f"{dates.short(f['period']['due_on'])}截止"
    who = f"各部室{len(found)}项次" if owing(f, found) == "各部室" else which(found)
    if not facts.is_due(f):
        return f"尚未报送（{until}）：{who}。" if found else f"尚未报送（{until}）：无。"
    return f"未报：{who}，{'均' if len(found) > 1 else ''}已逾期（{until}）。" if found else "未报：无。"


def demands(f: Figures) -> list[str]:
    """下步要求：只就数字里有的事提，用方案的话。办公室可改。"""
    found = [_about_lights(f), _about_reports(f), _about_problems(f), _about_instructions(f)]
    said = [text for text in found if text]
    first = "各部室主要负责同志作为第一责任人，要亲自研究部署和组织推动各项工作，重点抓好以下工作。"
    return [first, *(f"（{'一二三四'[i]}）{text}" for i, text in enumerate(said))]


def _about_lights(f: Figures) -> str:
    red, yellow = rows(f, "red"), rows(f, "yellow")
    if not red and not yellow:
        return "按序时推进。目前没有红灯、黄灯举措，各部室要对照量化目标和完成时限继续推进，不得松懈。"
    said = "加快推进滞后举措。"
    if red:
        said += f"{_lit(f, '红灯', red)}的牵头部室要逐项查明原因，拿出措施，明确时限，在下期报送中逐条说明。"
    if yellow:
        said += f"{_lit(f, '黄灯', yellow)}的牵头部室要针对原因逐项整改，防止转为红灯。"
    return said


def _lit(f: Figures, label: str, found: list[Row]) -> str:
    """红灯2项（第10、16项）；全部都是的不列序号。"""
    is_all = len(found) == count(f, "measures") and len(found) > 1
    return f"{label}{len(found)}项" if is_all else with_numbers(label, found)


def _about_reports(f: Figures) -> str:
    missing, returned = rows(f, "unreported"), rows(f, "returned")
    if not missing and not returned:
        return "按时报送进展。下期报送要写清做了什么、结果如何，没有新进展的也要报，写明原因。"
    said = [f"{owing(f, missing)}尚未报送"] if missing else []
    said += [f"{by_department(returned)}退回待改"] if returned else []
    return f"按时报送进展。{'，'.join(said)}，请{facts.until(f)}；没有新进展的也要报，写明原因。"


def _about_problems(f: Figures) -> str:
    opened, overdue = count(f, "problems_open"), count(f, "problems_overdue")
    if not opened:
        return "及时挂账整改问题。目前没有未销号的问题，新发现的问题要列出清单，分类、分层、分责限期挂账整改。"
    late = f"逾期的{overdue}件要立即说明原因、明确新的措施，" if overdue else ""
    return f"限期整改销号。未销号的{opened}件问题，责任部室要按期整改，{late}整改到位后及时申请销号。"


def _about_instructions(f: Figures) -> str:
    waiting = rows(f, "instructions_waiting")
    if not waiting:
        return ""
    who = "、".join(dict.fromkeys(name for row in waiting for name in row["owing"])) or "有关部室"
    return f"抓好批示落实。{facts.unanswered(waiting)}的{len(waiting)}件批示，{who}要尽快办理并回复。"
