"""The processes: workers, who starts and forks them, commands that ask them; thin."""
