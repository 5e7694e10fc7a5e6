"""From vital signs to warnings: rules, the machine that judges, the sentence that tells."""
