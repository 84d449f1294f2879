"""What a race came to, in words: the best value, whether luck could have chosen it, and what fell out."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from playground.labs.claims import Claim, Effect, effect, in_words, number, paired, percent, points, together
from playground.labs.outcome import Results
from playground.labs.race.charts import trouble
from playground.labs.race.race import RaceSetup, arms, judged_by, settings
from playground.labs.race.setting import shown
from playground.training.judged import JUDGED

MOST_NAMED = 4
HOW = f"after the last step, eval mode, on {JUDGED} validation digits or all where there are fewer"


def answer(setup: RaceSetup, found: Results) -> tuple[Claim, ...]:
    """Validation alone decides; arms with a run that diverged, failed or was changed are no candidates."""
    finals = found.finals()
    sound = [arm.name for arm in arms(setup) if not trouble(arm, found) and found.ended(arm.name)]
    rows = together(finals, sound)
    claims: list[Claim] = []
    if len(sound) > 1 and len(rows):
        best = best_of(rows, judged_by(setup))
        claims.append(Claim(winner(setup, rows, best)))
        claims.append(lead(setup, rows, best))
        if edge := at_the_edge(setup, best):
            claims.append(Claim(edge))
    return *claims, *fallen(setup, found)


def best_of(rows: pd.DataFrame, judged: str) -> str:
    means = rows.groupby("arm", sort=False)[judged].mean()
    return str(means.idxmin() if judged == "validation_loss" else means.idxmax())


def mean_of(rows: pd.DataFrame, arm: str, column: str) -> Effect:
    return effect(rows.loc[rows["arm"] == arm, column])


def winner(setup: RaceSetup, rows: pd.DataFrame, best: str) -> str:
    loss, accuracy = (mean_of(rows, best, f"validation_{name}") for name in ("loss", "accuracy"))
    measured = {"validation_loss": in_words(loss, number), "validation_accuracy": in_words(accuracy, percent)}
    judged = judged_by(setup)
    what = "lowest validation loss" if judged == "validation_loss" else "highest validation accuracy"
    tried = rows["arm"].nunique()
    text = f"Of {tried} arms that finished, **{best}** has the {what}: {measured[judged]}"
    if judged == "validation_loss":
        text += f", with {percent(accuracy.mean)} of the digits right"
        top = best_of(rows, "validation_accuracy")
        highest = mean_of(rows, top, "validation_accuracy")
        if top != best and highest.mean > accuracy.mean:
            text += f" ({top} has more, {percent(highest.mean)})"
    return f"{text}; {HOW}."


def lead(setup: RaceSetup, rows: pd.DataFrame, best: str) -> Claim:
    """Whether the best is ahead of each other one, compared on the same seeds, by more than luck does."""
    judged = judged_by(setup)
    sign, form = (1, number) if judged == "validation_loss" else (-1, points)
    signed = rows.assign(behind=sign * rows[judged].astype(float))
    rivals = {name: found for name in signed["arm"].unique() if name != best and (found := behind(signed, name, best))}
    order = sorted(rivals, key=lambda name: rivals[name].mean)
    next_one = f"{order[0][:1].upper()}{order[0][1:]} is next, behind by {in_words(rivals[order[0]], form)}"
    if rivals[order[0]].count == 1:
        return Claim(f"{next_one}: one seed doesn't decide it.")
    level = [name for name in order if rivals[name].low <= 0]
    if not level:
        return Claim(f"It is ahead of each other one on the same seeds. {next_one}.", True)
    return Claim(f"Luck could decide between it and {listed(level)}, for their intervals hold 0. {next_one}.")


def behind(rows: pd.DataFrame, name: str, best: str) -> Effect | None:
    return paired(rows, name, best, "behind")


def at_the_edge(setup: RaceSetup, best: str) -> str:
    """That the best value is the least or the greatest of those tried; "" where it isn't, or can't go on."""
    if setup.is_grid:
        return ""
    setting, values = settings(setup)[0], setup.sweeps[0].values
    numbers = [value for value in values if not isinstance(value, str)]
    place = [arm.name for arm in arms(setup)].index(best)
    value = values[place]
    if isinstance(value, str) or len(numbers) < len(values) or value not in (numbers[0], numbers[-1]) or not value:
        return ""
    word, beyond = ("smallest", value - 1) if value == numbers[0] else ("largest", value + 1)
    if setting.is_whole and not setting.can_be(setup.experiment, beyond):
        return ""
    name = setting.name.removesuffix(" ×")
    of = f"of the {name}" if name.endswith("s") or " of " in name else name  # "epochs", "units of Linear #1"
    return f"{shown(value)} is the {word} {of} tried: a better one may lie beyond."


def fallen(setup: RaceSetup, found: Results) -> list[Claim]:
    """What became of the arms that are no candidates."""
    claims = []
    for arm in arms(setup):
        word = trouble(arm, found)
        if not word:
            continue
        own = [one for one in found.outcomes if one.arm.name == arm.name]
        counts = Counter("changed" if one.is_changed else one.state for one in own)
        of = f" in {counts[word]} of {len(own)} seeds" if len(own) > 1 else ""
        last = [one.step for one in own if one.state == word]
        at = f" at step {min(last):,}" if word == "diverged" and last and not of else ""
        said = {"changed": "was changed while it ran", "diverged": "diverged", "lost": "lost its worker"}
        claims.append(Claim(f"**{arm.name}** {said.get(word, word)}{at}{of}: it is left out."))
    return claims


def listed(names: Sequence[str]) -> str:
    """
    >>> listed(["a"]), listed(["a", "b"]), listed(list("abcdef"))
    ('a', 'a or b', 'a, b, c, d or 2 more')
    """
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} or {len(names) - MOST_NAMED} more"
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
