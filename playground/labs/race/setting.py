"""A setting of an experiment as something to try values of: read it, write it, and understand what is typed for it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from playground.errors import SpecError
from playground.experiment import Experiment, Spec, check_momentum
from playground.network.shapes import check_batch, check_training_digits, trace

Value = int | float | str
Values = Callable[[Experiment], tuple[Value, ...]]
MOST_VALUES = 12
JUST_LUCK = "training.seed"


@dataclass(frozen=True)
class Setting:
    """One thing about an experiment; `name` stands in sentences, `field` is the path that an error names.

    `read`: what it is now, None where layers have several; `write`: the experiment with another value. `suits`: whether
    it has any effect there. `values`: what to try by default. `options`: all that can be chosen, () of a number;
    `word`: what stands for none of a number ("off"). `is_log`: values lie factors apart. `judged_by`: the column by
    which arms can be compared.
    """

    name: str
    field: str
    read: Callable[[Experiment], Value | None]
    write: Callable[[Experiment, Any], Experiment]
    values: Values
    suits: Callable[[Experiment], bool] = lambda experiment: True
    options: tuple[str, ...] = ()
    word: str = ""
    is_whole: bool = False
    is_log: bool = False
    judged_by: Literal["validation_loss", "validation_accuracy"] = "validation_loss"

    def apply(self, experiment: Experiment, value: Value) -> Experiment:
        """The experiment with this value, all else as it was; raises `SpecError` where that can't be trained."""
        if not self.suits(experiment):
            raise SpecError(self.field, f"{self.name} has no effect on this experiment: choose another setting")
        try:
            changed = self.write(experiment, value)
            check_network(changed)
        except SpecError as error:
            reason = error.message[:1].lower() + error.message[1:]
            raise SpecError(self.field, f"{self.name} {shown(value)}: {reason}") from error
        return changed

    def parse(self, text: str) -> Value:
        """One value as it was typed; raises `SpecError` where it is none. Bounds are for `apply` to say."""
        text = text.strip()
        chosen = next((word for word in (*self.options, self.word) if word and word.lower() == text.lower()), None)
        if chosen is not None:
            return chosen
        if self.options:
            raise SpecError(self.field, f"{self.name} “{text[:30]}” doesn't exist: choose {', '.join(self.options)}")
        try:
            return int(text) if self.is_whole else float(text)
        except ValueError:
            kind = "whole number" if self.is_whole else "number"
            way = f"write numbers with commas between them{f', or {self.word}' if self.word else ''}"
            raise SpecError(self.field, f"“{text[:30]}” is no {kind}: {way}") from None

    def parse_all(self, text: str) -> tuple[Value, ...]:
        """Values with commas, semicolons or spaces between them, each once, by size.

        Raises `SpecError` where one is none, or where there is none. How many a race takes is for the race to say.
        """
        between = r"[,;]" if self.options else r"[,;\s]"  # some options are two words
        words = [word for word in re.split(between, text) if word.strip()]
        if not words:
            raise SpecError(self.field, f"there is no value for {self.name}: write some with commas between them")
        return ordered(self.parse(word) for word in words)

    def tried(self, experiment: Experiment) -> tuple[Value, ...]:
        """What to try by default, as far as it can be trained; the present value is among it."""
        now = self.read(experiment)
        wanted = self.values(experiment) if now is None else (*self.values(experiment), now)
        return tuple(value for value in ordered(wanted) if self.can_be(experiment, value))[:MOST_VALUES]

    def can_be(self, experiment: Experiment, value: Value) -> bool:
        try:
            self.apply(experiment, value)
        except SpecError:
            return False
        return True


def check_network(experiment: Experiment) -> None:
    """Raise `SpecError` where an experiment can't be trained, for reasons that its layers and numbers have."""
    problem = trace(experiment.network).problem
    if problem is not None:
        raise SpecError(problem.field, problem.message)
    check_batch(experiment)
    check_momentum(experiment.optimizer)


def check_digits(experiment: Experiment) -> None:
    """Raise `SpecError` where there are fewer digits than it wants; takes some milliseconds."""
    check_training_digits(experiment.data)


def ordered(values: Iterable[Value]) -> tuple[Value, ...]:
    """Each once: numbers by size, then words as they came.

    >>> ordered([0.1, 0.01, "off", 0.1])
    (0.01, 0.1, 'off')
    """
    once: dict[str, Value] = {}
    for value in values:
        once.setdefault(shown(value), value)
    numbers = sorted(value for value in once.values() if not isinstance(value, str))
    return *numbers, *(value for value in once.values() if isinstance(value, str))


def shown(value: Value) -> str:
    """
    >>> shown(0.0001), shown(2500), shown(1e-6), shown("Adam")
    ('0.0001', '2500', '1e-6', 'Adam')
    """
    return value if isinstance(value, str) else f"{value:.12g}".replace("e-0", "e-").replace("e+0", "e")


def value_at(spec: Spec, path: str) -> Any:
    """
    >>> value_at(Experiment(), "training.batch_size")
    64
    """
    head, _, rest = path.partition(".")
    return value_at(getattr(spec, head), rest) if rest else getattr(spec, head)


def with_value(spec: Any, path: str, value: Any) -> Any:
    """A copy with the field at the end of a path changed; raises `SpecError` where a value is out of bounds."""
    head, _, rest = path.partition(".")
    return spec.but(**{head: with_value(getattr(spec, head), rest, value) if rest else value})
