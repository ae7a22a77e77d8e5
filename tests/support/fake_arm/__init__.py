"""Azure Resource Manager for tests: as strict as the real clients demand, with failures by order.

It shows that requests are well formed, in the right order and few; not that Azure would take them: it knows a handful
of regions, sizes and names, no quota, no delay of roles and pulls no image.
"""

from tests.support.fake_arm.arm import SUBSCRIPTION, FakeArm
from tests.support.fake_arm.server import serving
from tests.support.fake_arm.wire import Answer, Asked, Refusal

__all__ = ["SUBSCRIPTION", "Answer", "Asked", "FakeArm", "Refusal", "serving"]
