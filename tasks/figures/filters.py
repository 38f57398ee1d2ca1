"""举措与台账各行按筛选缩小、按所选次序排。"""

from django.db.models import Q

from . import parts as part_figures


def matching(measures, chosen):
    """按筛选条件缩小举措（灯与报送状态要算出来，另行筛）。"""
    if q := chosen.get("q"):
        measures = measures.filter(Q(title__icontains=q) | Q(text__icontains=q) | Q(number=q))
    if lead := chosen.get("lead"):
        measures = measures.filter(leader_links__leader=lead)
    if dept := chosen.get("dept"):
        measures = measures.filter(assignments__department=dept, assignments__ended_in=None)
    if kind := chosen.get("kind"):
        measures = measures.filter(kind=kind)
    return measures


def kept(lines, chosen, changes=None):
    """台账各行按筛选缩小。看以往的期，名称、牵头领导、牵头部室都按那时的方案。"""
    tests = {
        "q": lambda line, value: part_figures.said(line.measure, value),
        "lead": lambda line, value: value in line.leaders,
        "dept": lambda line, value: value in line.departments,
        "kind": lambda line, value: line.measure.kind == value,
        "change": lambda line, value: changes is not None and value in changes.of_line(line),
    }
    wanted = [(tests[name], value) for name, value in chosen.items() if name in tests]
    return [line for line in lines if all(test(line, value) for test, value in wanted)]


def picked(lines, chosen):
    """按灯与报送状态筛，按所选次序排。报送状态是“有哪一份处于该状态”。"""
    if light := chosen.get("light"):
        lines = [line for line in lines if line.light.level == light]
    if report := chosen.get("report"):
        lines = [line for line in lines if any(r.status == report for r in line.reports)]
    keys = {
        "light": lambda line: (line.light.severity, line.measure.position),
        "leader": lambda line: (line.leaders[0].order if line.leaders else 0, line.measure.position),
        "department": lambda line: (line.departments[0].order if line.departments else 0, line.measure.position),
    }
    key = keys.get(chosen.get("sort"))
    return sorted(lines, key=key) if key else list(lines)
