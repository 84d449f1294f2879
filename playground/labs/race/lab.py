"""The race as a lab of one topic: what it shares with the labs is how its runs are made, shown and concluded from."""

from playground.labs.race.charts import charts
from playground.labs.race.race import RaceSetup, arms
from playground.labs.race.told import answer
from playground.labs.topic import Lab, Topic

RACE = Topic(
    name="race",
    title="Race",
    question="Which value trains best?",
    setup=RaceSetup(),
    arms=arms,
    charts=charts,
    answer=answer,
)
LAB = Lab(
    "race",
    "Race",
    "One experiment over several values of a setting, all live on one chart. Validation decides; test stays untouched.",
    (RACE,),
)
