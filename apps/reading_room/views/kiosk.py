"""The page of a kiosk."""

from __future__ import annotations

from reading_room.kiosk import profile, stage

kiosk = profile.current()
assert kiosk is not None  # the router opens this page in a kiosk alone
stage.run(kiosk)
