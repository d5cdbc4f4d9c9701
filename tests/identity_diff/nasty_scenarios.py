from random_scenarios import one
