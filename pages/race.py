"""Race: one experiment over several values of a setting, all live on one chart."""

from playground.ui.race import race_page

race_page()
