"""What the worker does for standing orders without being asked."""

from __future__ import annotations

from procrastinate.contrib.django import app

from core import clock
from standing.services import drafting, placing, planning


@app.periodic(cron="* * * * *")
@app.task(name="standing.plan", queueing_lock="standing.plan")
def plan(timestamp: int) -> int:
    """Every minute: resume what rested long enough, and look at dates nobody looked at today."""
    drafting.resume_rested(now=clock.now())
    return planning.plan_all(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="standing.draft", queueing_lock="standing.draft")
def draft(timestamp: int) -> int:
    """Every minute: put together the dates whose morning it is."""
    return drafting.draft_due(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="standing.place", queueing_lock="standing.place")
def order_due(timestamp: int) -> int:
    """Every ten seconds: order what is due, and find out what became of what a dead worker left."""
    drafting.close_unanswered(now=clock.now())
    placing.settle_stranded(now=clock.now())
    return placing.place_due(now=clock.now())
