"""The policy in force: that of the settings."""

from creditrisk.errors import SettingError
from creditrisk.policy.definition import Policy, simplest
from creditrisk.policy.place import both_said, has_policy, policy_path
from creditrisk.portfolio import active
from creditrisk.settings import Settings


def policy_in_force(settings: Settings) -> Policy:
    """The policy that the settings lead to now: a file's, else the simplest, with the settings' threshold.

    Whoever runs for long asks again when the file (`policy_path`) has become another. Raises UnusablePolicy; SettingError
    when a file came beside a THRESHOLD that somebody set.
    """
    if not has_policy(settings.policy):
        return simplest(settings.threshold)
    if settings.threshold != active().policy.decline_from:
        raise SettingError(both_said(policy_path(settings.policy)))
    from creditrisk.policy.reading import read_policy  # nothing of it is needed for a threshold

    return read_policy(policy_path(settings.policy))
