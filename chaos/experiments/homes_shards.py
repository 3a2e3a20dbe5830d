"""Matchers that share users out among shards are killed again and again while listings change."""

from dataclasses import replace

from chaos.experiments.homes import EXPERIMENT as HOMES

EXPERIMENT = replace(
    HOMES,
    id="B39c",
    question="As B39 with four shards of users, which three matchers share: is each user told of each fact once?",
    plan=replace(HOMES.plan, matchers=3, settings={**HOMES.plan.settings, "MATCHER_SHARDS": "4"}),
)
