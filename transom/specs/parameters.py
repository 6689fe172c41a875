"""Parameters of database engines that documents may set: their types, limits, and whether a change waits for a restart.

A parameter that is not here is refused: a misspelt name would be refused by RDS only in the middle of a run, and some (replication,
file paths, authentication) are the platform's and not a document's. Sources: the engines' own manuals for types and limits; the parameter
groups of RDS for names and `ApplyType` (static or dynamic).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

_FORMULA = re.compile(r"[A-Za-z0-9 {}()*/+,.-]*\{[A-Za-z]+[A-Za-z0-9 */+.-]*\}[A-Za-z0-9 {}()*/+,.-]*")
"""`{DBInstanceClassMemory/32768}` or `LEAST({…},5000)` (RDS: specifying DB parameters, formulas)."""
_SWITCH: Mapping[str, str] = MappingProxyType({"0": "0", "1": "1", "off": "0", "on": "1", "false": "0", "true": "1"})
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: what its value may be."""

    kind: Literal["switch", "whole", "number", "word", "text"]
    low: float = 0
    high: float = _MOST
    words: tuple[str, ...] = ()
    static: bool = False
    """Whether a change takes effect at the next restart only."""

    def wrong(self, value: str) -> str:
        """What is expected instead of `value`; empty when it fits."""
        match self.kind:
            case "switch":
                return "" if value.lower() in _SWITCH else "true or false"
            case "whole" | "number" if not _FORMULA.fullmatch(value):
                pattern = r"-?[0-9]+" if self.kind == "whole" else r"-?[0-9]+(\.[0-9]+)?"
                what = "a whole number" if self.kind == "whole" else "a number"
                fits = re.fullmatch(pattern, value) and self.low <= float(value) <= self.high
                return "" if fits else f"{what} from {self.low:.10g} to {self.high:.10g}, in the unit that the engine has"
            case "word":
                return "" if value in self.words else f"one of {', '.join(self.words)}"
            case _:
                return "" if value else "a value"

    def rds(self, value: str) -> str:
        """The value as RDS has it: switches are 0 and 1."""
        return _SWITCH[value.lower()] if self.kind == "switch" else value


def _whole(low: int = 0, high: int = _MOST, *, static: bool = False) -> Parameter:
    return Parameter("whole", low, high, static=static)


def _number(low: float, high: float) -> Parameter:
    return Parameter("number", low, high)


def _word(*words: str) -> Parameter:
    return Parameter("word", words=words)


_SWITCHED, _TEXT = Parameter("switch"), Parameter("text")

_POSTGRES: Mapping[str, Parameter] = {
    "auto_explain.log_min_duration": _whole(-1),
    "autovacuum": _SWITCHED,
    "autovacuum_analyze_scale_factor": _number(0, 100),
    "autovacuum_max_workers": _whole(1, 262143, static=True),
    "autovacuum_naptime": _whole(1, 2147483),
    "autovacuum_vacuum_cost_delay": _number(-1, 100),
    "autovacuum_vacuum_cost_limit": _whole(-1, 10000),
    "autovacuum_vacuum_scale_factor": _number(0, 100),
    "checkpoint_timeout": _whole(30, 86400),
    "deadlock_timeout": _whole(1),
    "default_statistics_target": _whole(1, 10000),
    "default_transaction_isolation": _word("serializable", "repeatable read", "read committed", "read uncommitted"),
    "effective_cache_size": _whole(1),
    "effective_io_concurrency": _whole(0, 1000),
    "idle_in_transaction_session_timeout": _whole(),
    "idle_session_timeout": _whole(),
    "jit": _SWITCHED,
    "lock_timeout": _whole(),
    "log_autovacuum_min_duration": _whole(-1),
    "log_connections": _SWITCHED,
    "log_disconnections": _SWITCHED,
    "log_lock_waits": _SWITCHED,
    "log_min_duration_statement": _whole(-1),
    "log_statement": _word("none", "ddl", "mod", "all"),
    "log_temp_files": _whole(-1),
    "maintenance_work_mem": _whole(1024),
    "max_connections": _whole(6, 262143, static=True),
    "max_locks_per_transaction": _whole(10, static=True),
    "max_parallel_workers": _whole(0, 1024),
    "max_parallel_workers_per_gather": _whole(0, 1024),
    "max_prepared_transactions": _whole(0, 262143, static=True),
    "max_replication_slots": _whole(5, 262143, static=True),
    "max_wal_senders": _whole(5, 262143, static=True),
    "max_wal_size": _whole(128),
    "max_worker_processes": _whole(1, 262143, static=True),
    "pg_stat_statements.track": _word("top", "all", "none"),
    "random_page_cost": _number(0, 1e9),
    "rds.force_ssl": _SWITCHED,
    "rds.log_retention_period": _whole(1440, 10080),
    "rds.logical_replication": Parameter("switch", static=True),
    "search_path": _TEXT,
    "shared_buffers": _whole(16, 1073741823, static=True),
    "shared_preload_libraries": Parameter("text", static=True),
    "statement_timeout": _whole(),
    "temp_file_limit": _whole(-1),
    "timezone": _TEXT,
    "track_activity_query_size": _whole(100, 1048576, static=True),
    "track_io_timing": _SWITCHED,
    "wal_buffers": _whole(-1, 262143, static=True),
    "work_mem": _whole(64),
}
_OF_BOTH: Mapping[str, Parameter] = {
    "back_log": _whole(1, 65535, static=True),
    "binlog_format": _word("ROW", "STATEMENT", "MIXED"),
    "binlog_row_image": _word("full", "minimal", "noblob"),
    "character_set_server": _TEXT,
    "collation_server": _TEXT,
    "event_scheduler": _word("ON", "OFF"),
    "general_log": _SWITCHED,
    "group_concat_max_len": _whole(4, 2**63),
    "innodb_buffer_pool_size": _whole(5242880, 2**63),
    "innodb_flush_log_at_trx_commit": _whole(0, 2),
    "innodb_io_capacity": _whole(100, 2**63),
    "innodb_lock_wait_timeout": _whole(1, 1073741824),
    "innodb_log_file_size": _whole(4194304, 2**63, static=True),
    "innodb_print_all_deadlocks": _SWITCHED,
    "interactive_timeout": _whole(1, 31536000),
    "lock_wait_timeout": _whole(1, 31536000),
    "log_bin_trust_function_creators": _SWITCHED,
    "log_output": _word("FILE", "TABLE", "NONE"),
    "log_queries_not_using_indexes": _SWITCHED,
    "long_query_time": _number(0, 31536000),
    "max_allowed_packet": _whole(1024, 1073741824),
    "max_connections": _whole(1, 100000),
    "max_heap_table_size": _whole(16384, 2**63),
    "performance_schema": Parameter("switch", static=True),
    "require_secure_transport": _SWITCHED,
    "slow_query_log": _SWITCHED,
    "sql_mode": _TEXT,
    "sync_binlog": _whole(0, 4294967295),
    "table_open_cache": _whole(1, 524288),
    "thread_cache_size": _whole(0, 16384),
    "time_zone": _TEXT,
    "tmp_table_size": _whole(1024, 2**63),
    "wait_timeout": _whole(1, 31536000),
}
_ISOLATIONS = _word("READ-UNCOMMITTED", "READ-COMMITTED", "REPEATABLE-READ", "SERIALIZABLE")

PARAMETERS: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        "postgres": MappingProxyType(_POSTGRES),
        "mysql": MappingProxyType({**_OF_BOTH, "max_execution_time": _whole(0, 4294967295), "transaction_isolation": _ISOLATIONS}),
        "mariadb": MappingProxyType({**_OF_BOTH, "max_statement_time": _number(0, 31536000), "tx_isolation": _ISOLATIONS}),
    }
)
"""By engine and name."""
