"""The topic of the outbox under which what was entered by hand 人工录入 goes on to the streams."""

ENTRY = "duty.entry"  # scene, feed, device, shape, message: what a machine would have pushed, as text
