"""The SMTP server refuses, closes, dawdles or falls silent at any verb."""

from chaos.experiment import Bound, Experiment
from chaos.plan import Load
from chaos.provider.faults import DROP, SILENCE, Fault
from chaos.trial import Trial

VERBS = ("greeting", "ehlo", "mail", "rcpt", "data", "dot", "quit", "rset")
ANSWERS = (
    "421 4.3.2 closing",
    "450 4.2.1 busy",
    "451 4.3.0 error",
    "550 5.1.1 nobody",
    "552 5.2.2 full",
    "554 5.0.0 no",
    DROP,
    SILENCE,
)
CELLS = 6


def _fault(trial: Trial, verb: str, answer: str) -> Fault:
    # A server that refuses has not kept it. One that does not answer may have.
    is_taken = answer in {DROP, SILENCE} and trial.random.random() < 0.5
    return Fault(verb, answer, share=0.06, is_taken=is_taken)


async def _disturb(trial: Trial) -> None:
    cells = trial.random.sample([(verb, answer) for verb in VERBS for answer in ANSWERS], CELLS)
    cells.append(("dot", trial.random.choice([DROP, SILENCE])))
    faults = [_fault(trial, *cell) for cell in cells]
    slow = Fault(trial.random.choice(VERBS), late=1.0, share=0.05)
    await trial.inject_faults(*faults, slow)
    await trial.until_accepted(1.0)
    await trial.until_taken(0.8)
    await trial.clear_faults()
    # The outcome of a message that was transmitted whole and not answered is unknown.
    silent = (f"dot: {DROP}", f"dot: {SILENCE}")
    trial.in_doubt_at_most += sum(entry.answer.startswith(silent) for entry in trial.entries())


EXPERIMENT = Experiment(
    id="B29",
    question="The SMTP server refuses, hangs up, dawdles or falls silent at any verb: is only the final dot in doubt?",
    disturb=_disturb,
    trials=80,
    bound=Bound.ON_THE_WIRE,
    load=Load(count=200, rate=60),
    ends=frozenset({"sent", "failed"}),
)
