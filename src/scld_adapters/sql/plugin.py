"""What this package offers: two stores, and an ILS inside the store for a library that has none."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from attrs import field, frozen

from scld_adapters.sql.filesystem import check_folder
from scld_core.errors import ConfigurationError
from scld_core.kernel.capability import Capability, Full
from scld_core.kernel.validate import at_least, instance, matching
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend, SecretRef

if TYPE_CHECKING:
    from scld_adapters.sql.store import SqlStore

__all__ = ["EMBEDDED", "POSTGRES", "SPECS", "SQLITE", "EmbeddedConfig", "PostgresConfig", "SqliteConfig"]


def _inside(text: object) -> bool:
    if not isinstance(text, str) or not text:
        return False
    path = PurePath(text)
    return not path.is_absolute() and ".." not in path.parts


@frozen
class SqliteConfig:
    """``[store] use = "sqlite"``: `file` is the database's path inside the district's folder."""

    file: str = field(default="district.sqlite", validator=matching(_inside, "must be a path inside the folder"))


@frozen
class PostgresConfig:
    """``[store] use = "postgres"``: `url` names the secret that holds postgresql://USER:PASSWORD@HOST:PORT/DATABASE."""

    url: SecretRef = field(validator=instance(SecretRef))


@frozen
class EmbeddedConfig:
    """``[backends.NAME] use = "embedded"``: `page_size` is how many records one page of a list holds."""

    page_size: int = field(default=500, validator=at_least(1))


def _offered(store: SqlStore) -> OpenBackend:
    """The store, unchecked: its first use checks the schema, so that migrate() can reach an older one."""
    return OpenBackend(store=store, close=store.close)


def _open_sqlite(config: SqliteConfig, context: BackendContext) -> OpenBackend:
    from scld_adapters.sql.sqlite import SqlitePeer  # noqa: PLC0415 - SQLAlchemy is loaded at first use
    from scld_adapters.sql.store import SqlStore  # noqa: PLC0415

    path = context.folder / config.file
    warning = check_folder(path.parent)
    return _offered(SqlStore(SqlitePeer(path), () if warning is None else (warning,)))


def _open_postgres(config: PostgresConfig, context: BackendContext) -> OpenBackend:
    from scld_adapters.sql.postgres import PostgresPeer  # noqa: PLC0415 - psycopg is loaded at first use
    from scld_adapters.sql.store import SqlStore  # noqa: PLC0415

    return _offered(SqlStore(PostgresPeer(context.secret(config.url))))


def _open_embedded(config: EmbeddedConfig, context: BackendContext) -> OpenBackend:
    from scld_adapters.sql.catalog import EmbeddedCatalog  # noqa: PLC0415 - SQLAlchemy is loaded at first use
    from scld_adapters.sql.fees import EmbeddedFees  # noqa: PLC0415
    from scld_adapters.sql.holds import EmbeddedHolds  # noqa: PLC0415
    from scld_adapters.sql.loans import EmbeddedLoans  # noqa: PLC0415
    from scld_adapters.sql.patrons import EmbeddedPatrons  # noqa: PLC0415
    from scld_adapters.sql.store import SqlStore  # noqa: PLC0415

    if not isinstance(context.store, SqlStore):
        raise ConfigurationError(context.instance, "open", "the embedded ILS needs a store of kind sqlite or postgres")
    store, clock, instance = context.store, context.clock, context.instance
    return OpenBackend(
        loans=EmbeddedLoans(store, clock, backend=instance, page_size=config.page_size, zone=context.timezone),
        fees=EmbeddedFees(store, clock, backend=instance),
        patrons=EmbeddedPatrons(store, clock, backend=instance, page_size=config.page_size),
        holds=EmbeddedHolds(store, clock, backend=instance, zone=context.timezone, page_size=config.page_size),
        catalog=EmbeddedCatalog(store, clock, backend=instance, page_size=config.page_size),
    )


def _seed_embedded(config: EmbeddedConfig, context: BackendContext, seed: Seed) -> None:
    from scld_adapters.sql.catalog import file_catalog  # noqa: PLC0415 - SQLAlchemy is loaded at first use
    from scld_adapters.sql.fees import FeeDesk  # noqa: PLC0415
    from scld_adapters.sql.holds_items import file_holds  # noqa: PLC0415
    from scld_adapters.sql.ils import fill  # noqa: PLC0415
    from scld_adapters.sql.patrons import PatronDesk  # noqa: PLC0415
    from scld_adapters.sql.store import SqlStore  # noqa: PLC0415

    del config
    if not isinstance(context.store, SqlStore):
        raise ConfigurationError(context.instance, "seed", "the embedded ILS needs a store of kind sqlite or postgres")
    with context.store.transaction() as unit:
        fill(unit.connection, seed)
        patrons = PatronDesk(unit.connection, context.instance)
        for patron in seed.patrons:
            patrons.register(patron)
        file_catalog(unit.connection, seed)
        file_holds(unit.connection, seed, backend=context.instance)
        fees = FeeDesk(unit.connection, context.instance, context.clock.now())
        for account in seed.accounts:
            fees.file(account)


_STORE: dict[str, Capability] = {}  # the store has no capability table: it is ours, whole or not at all
_ILS: dict[str, Capability] = {
    **{f"loans.{name}": Full() for name in ("get", "iter_items", "iter_overdue", "of_patron")},
    **{f"loans.{name}": Full() for name in ("check_out", "check_in", "renew", "claim_returned", "declare")},
    **{f"holds.{name}": Full() for name in ("get", "of_patron", "of_title", "iter_pulls", "iter_shelf")},
    **{f"holds.{name}": Full() for name in ("place", "cancel", "suspend", "reactivate", "change_pickup")},
    **{f"catalog.{name}": Full() for name in ("search", "title", "item", "find_item", "items_of", "libraries")},
    **{f"fees.{name}": Full() for name in ("account", "charge", "cancel")},
    **{f"patrons.{name}": Full() for name in ("get", "find", "set_flag", "clear_flag", "set_block", "clear_block")},
    **{f"patrons.{name}": Full() for name in ("search", "check_pin", "register", "update", "put_card", "merge")},
}

SQLITE = BackendSpec(
    name="sqlite",
    kind="store",
    config=SqliteConfig,
    open=_open_sqlite,
    capabilities=_STORE,
    summary="The district's store in one file of its folder",
    harness="scld_adapters.sql.harness:store_harnesses",
)

POSTGRES = BackendSpec(
    name="postgres",
    kind="store",
    config=PostgresConfig,
    open=_open_postgres,
    capabilities=_STORE,
    summary="The district's store in a PostgreSQL database",
)

EMBEDDED = BackendSpec(
    name="embedded",
    kind="ils",
    config=EmbeddedConfig,
    open=_open_embedded,
    capabilities=_ILS,
    summary="An ILS of patrons, items, loans, holds and fees inside the store, for samples and small libraries",
    seed=_seed_embedded,
    harness="scld_adapters.sql.harness:harnesses",
)

SPECS = (SQLITE, POSTGRES, EMBEDDED)
"""All of them."""
