"""Pure: periods, stays, figures, rules, survey results. No clock, no database, no network."""
