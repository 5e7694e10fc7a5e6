"""From a decided notice to a delivered one: routes, roster, budgets; one channel a file."""
