"""Any evidence, subject and case there could be, for Hypothesis."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from checks.evidence import (
    Absent,
    Attributes,
    CeilingSource,
    Evidence,
    NotAsked,
    RegistrySettings,
    Unreadable,
    Usage,
)
from checks.frame import Caller, Subject
from checks.model import (
    Cause,
    CauseName,
    ClosedToPublic,
    DeniedAddress,
    FullStorage,
    Image,
    LockedObject,
    LockLevel,
    Proof,
    Symptom,
)
from tests.worlds import ADDRESS, NEW, OLD

_TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_RULES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.sampled_from([ADDRESS, "52.138.231.0/24", "::/0", "", "no address"]),
    st.text(max_size=10),
)
_UNREADABLE = st.builds(Unreadable, why=st.text(max_size=20), missing_right=st.none() | st.text(max_size=20))
_SIZES = st.integers(min_value=0, max_value=2**63 - 1)
_ATTRIBUTES = st.builds(
    Attributes,
    write=st.booleans(),
    delete=st.booleans(),
    read=st.booleans(),
    list=st.booleans(),
    updated_at=st.none() | _TIMES,
    digest=st.sampled_from([None, OLD, NEW]),
)
_LOOKED = st.one_of(_ATTRIBUTES, _UNREADABLE, st.just(Absent()), st.just(NotAsked()))

EVIDENCE = st.builds(
    Evidence,
    read_at=_TIMES,
    settings=_UNREADABLE
    | st.builds(
        RegistrySettings,
        sku=st.sampled_from(["Premium", "premium", "Standard", "Basic", "Sku of 2030"]),
        public_network_access=st.booleans(),
        denies_by_default=st.booleans(),
        ip_rules=st.lists(_RULES, max_size=3).map(tuple),
        quarantine=st.booleans(),
        anonymous_pull=st.booleans(),
        admin_user=st.booleans(),
    ),
    usage=_UNREADABLE
    | st.builds(
        Usage,
        used=_SIZES,
        ceiling=st.integers(min_value=1, max_value=2**63 - 1),
        ceiling_from=st.sampled_from(CeilingSource),
        ip_rule_limit=st.integers(min_value=0, max_value=200),
    ),
    repository=_LOOKED,
    tag=_LOOKED,
    manifest=_LOOKED,
)
_IMAGES = st.builds(
    Image,
    repository=st.sampled_from(["team/app", "other"]),
    tag=st.sampled_from([None, "v1", "dev-1"]),
    digest=st.sampled_from([None, OLD, NEW]),
)
_ADDRESSES = st.one_of(_RULES, st.ip_addresses().map(str))
SUBJECTS = st.builds(
    Subject,
    symptom=st.sampled_from(Symptom),
    image=st.none() | _IMAGES,
    address=st.none() | _ADDRESSES,
    band=st.none() | st.integers(min_value=1, max_value=99),
    identity=st.none() | st.text(max_size=10),
    said=st.none() | st.sampled_from(CauseName),
    callers=st.lists(st.builds(Caller, name=st.text(max_size=10), count=st.integers()), max_size=3).map(
        tuple
    ),
)
PROOFS = st.sampled_from(Proof)
CAUSES = st.builds(
    Cause,
    name=st.sampled_from(CauseName),
    culprit=st.one_of(
        st.builds(
            LockedObject,
            level=st.sampled_from(LockLevel),
            repository=st.sampled_from(["team/app", "other"]),
            reference=st.sampled_from([None, "v1", OLD]),
        ),
        st.builds(DeniedAddress, address=_ADDRESSES),
        st.just(FullStorage(used=1, ceiling=1, ceiling_is="a test")),
        st.just(ClosedToPublic()),
    ),
    saw=st.text(max_size=20),
)
