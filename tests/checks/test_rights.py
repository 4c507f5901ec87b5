"""What Azure's list of permissions comes to."""

import pytest

from checks.rights import Grant, lacking

READ = "Microsoft.ContainerRegistry/registries/read"
WRITE = "Microsoft.ContainerRegistry/registries/write"
DATA = "Microsoft.ContainerRegistry/registries/repositories/metadata/read"


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        ((), (READ, WRITE, DATA)),
        ((Grant(actions=("*",)),), (DATA,)),
        ((Grant(actions=("*/read",)),), (WRITE, DATA)),
        ((Grant(actions=("microsoft.containerregistry/REGISTRIES/*",)),), (DATA,)),
        ((Grant(actions=("*",), not_actions=("*/write",)),), (WRITE, DATA)),
        ((Grant(actions=("*",), not_actions=("*/write",)), Grant(actions=(WRITE,))), (DATA,)),
        ((Grant(data_actions=("*",)),), (READ, WRITE)),
        ((Grant(data_actions=("*",), not_data_actions=(DATA,)),), (READ, WRITE, DATA)),
        ((Grant(actions=("Microsoft.ContainerRegistry/registries/rea.",)),), (READ, WRITE, DATA)),
    ],
)
def test_what_no_grant_permits_is_lacking(grants: tuple[Grant, ...], missing: tuple[str, ...]) -> None:
    assert lacking((READ, WRITE, DATA), grants) == missing
