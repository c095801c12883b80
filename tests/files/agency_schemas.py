"""Synthetic schemas of ILSs with a few patrons, only the tables and columns that the agency recipes read.

Each holds the same patrons 1 to 8 (EXPECTED): in collection with its fee; in collection, the fee
paid and charged twice; in collection without a fee; paid up, with the fee of an older debt; a
credit; exempt; nothing at all; and a former card. A deleted patron is in none of the files.
"""

SIERRA = """
CREATE SCHEMA sierra_view;
CREATE TABLE sierra_view.record_metadata (
    id bigint, record_num integer, record_type_code text, campus_code text, deletion_date_gmt date
);
CREATE TABLE sierra_view.patron_record (id bigint, owed_amt numeric(30, 6), mblock_code text);
CREATE TABLE sierra_view.varfield (record_id bigint, varfield_type_code text, occ_num integer, field_content text);
CREATE TABLE sierra_view.fine (
    patron_record_id bigint, assessed_gmt timestamptz, item_charge_amt numeric(30, 6),
    processing_fee_amt numeric(30, 6), billing_fee_amt numeric(30, 6), description text
);
CREATE TABLE sierra_view.fines_paid (
    patron_record_metadata_id bigint, fine_assessed_date_gmt timestamptz, item_charge_amt numeric(30, 6),
    processing_fee_amt numeric(30, 6), billing_fee_amt numeric(30, 6), description text, paid_now_amt numeric(30, 6)
);
INSERT INTO sierra_view.record_metadata
SELECT 100 + n, 1024363 + n, 'p', '', NULL FROM generate_series(1, 8) AS n;
INSERT INTO sierra_view.record_metadata VALUES
    (109, 1024372, 'p', '', '2026-01-01'), (110, 1024373, 'p', 'ncip', NULL), (101, 7, 'i', '', NULL);
INSERT INTO sierra_view.patron_record VALUES
    (101, 45.5, 'c'), (102, 30, 'c'), (103, 60, 'c'), (104, 0, '-'), (105, -5, '-'), (106, 80, '-'), (107, 0, '-'),
    (108, 20, '-'), (109, 99, 'c'), (110, 99, 'c');
INSERT INTO sierra_view.varfield
SELECT 100 + n, 'b', 0, ' 2999900000000' || n || ' ' FROM generate_series(1, 8) AS n WHERE n <> 7;
INSERT INTO sierra_view.varfield VALUES
    (108, 'b', 1, '29999000000118'), (106, 'x', 0, 'Exclude from Collection: board decision'),
    (101, 'x', 0, 'phoned'), (101, 'n', 0, 'Name, Synthetic');
INSERT INTO sierra_view.fine VALUES
    (101, '2026-01-05 18:00Z', 35.5, 0, 0, 'Lost'),
    (101, '2026-03-01 18:00Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE'),
    (102, '2026-01-05 18:00Z', 20, 0, 0, 'Lost'),
    (102, '2026-03-01 18:00Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE'),
    (103, '2026-01-05 18:00Z', 55, 5, 0, 'Lost'), (106, '2026-01-05 18:00Z', 80, 0, 0, 'Lost'),
    (108, '2026-01-05 18:00Z', 20, 0, 0, 'Lost');
INSERT INTO sierra_view.fines_paid VALUES
    (102, '2026-03-01 18:00Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE', 4),
    (102, '2026-03-01 18:05Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE', 4),
    (102, '2026-03-01 18:05Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE', 6),
    (104, '2024-03-01 18:00Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE', 10),
    (108, '2024-03-01 18:00Z', 10, 0, 0, 'COLLECTION AGENCY REPORT CHARGE', 10);
"""

EVERGREEN = """
CREATE SCHEMA actor; CREATE SCHEMA money;
CREATE TABLE actor.usr (id integer, card integer, deleted boolean, family_name text);
CREATE TABLE actor.card (id integer, usr integer, barcode text, active boolean);
CREATE TABLE actor.usr_setting (usr integer, name text, value text);
CREATE TABLE money.collections_tracker (usr integer, collector integer, location integer, enter_time timestamptz);
CREATE TABLE money.billing (
    id integer, xact bigint, billing_ts timestamptz, voided boolean, amount numeric(6, 2), btype integer
);
CREATE TABLE money.materialized_billable_xact_summary (
    id bigint, usr integer, xact_start timestamptz, balance_owed numeric(8, 2)
);
INSERT INTO actor.usr SELECT n, 200 + n, n = 9, 'Synthetic' FROM generate_series(1, 9) AS n;
UPDATE actor.usr SET card = NULL WHERE id = 7;
INSERT INTO actor.card
SELECT 200 + n, n, '2999900000000' || n, TRUE FROM generate_series(1, 9) AS n WHERE n <> 7;
INSERT INTO actor.card VALUES (307, 8, '29999000000118', FALSE);
INSERT INTO actor.usr_setting VALUES
    (6, 'circ.collections.exempt', '"true"'), (5, 'circ.collections.exempt', 'false'), (1, 'opac.hits', '"10"');
INSERT INTO money.collections_tracker VALUES (1, 1, 4, '2026-03-01 18:00Z'), (2, 1, 4, '2026-03-01 18:00Z'),
    (3, 1, 4, '2026-03-01 18:00Z'), (9, 1, 4, '2026-03-01 18:00Z');
INSERT INTO money.materialized_billable_xact_summary VALUES
    (11, 1, '2026-01-05 18:00Z', 35.5), (12, 1, '2026-03-01 18:00Z', 10), (21, 2, '2026-01-05 18:00Z', 20),
    (22, 2, '2026-03-01 18:00Z', 10), (23, 2, '2026-03-01 18:05Z', 0), (31, 3, '2026-01-05 18:00Z', 60),
    (41, 4, '2024-03-01 18:00Z', 0), (51, 5, '2026-01-05 18:00Z', -5), (61, 6, '2026-01-05 18:00Z', 80),
    (81, 8, '2026-01-05 18:00Z', 20), (82, 8, '2024-03-01 18:00Z', 0);
INSERT INTO money.billing VALUES
    (1, 11, '2026-01-05 18:00Z', FALSE, 35.5, 3), (2, 12, '2026-03-01 18:00Z', FALSE, 10, 2),
    (3, 22, '2026-03-01 18:00Z', FALSE, 10, 2), (4, 23, '2026-03-01 18:05Z', FALSE, 10, 2),
    (5, 31, '2026-03-01 18:00Z', TRUE, 10, 2), (6, 41, '2024-03-01 18:00Z', FALSE, 10, 2),
    (7, 82, '2024-03-01 18:00Z', FALSE, 10, 2);
"""

KOHA = """
CREATE TABLE borrowers (borrowernumber INTEGER, cardnumber TEXT, surname TEXT);
CREATE TABLE borrower_attributes (borrowernumber INTEGER, code TEXT, attribute TEXT);
CREATE TABLE accountlines (
    borrowernumber INTEGER, date TEXT, amount NUMERIC, amountoutstanding NUMERIC, debit_type_code TEXT, status TEXT
);
INSERT INTO borrowers VALUES
    (1, '29999000000001', 'S'), (2, '29999000000002', 'S'), (3, '29999000000003', 'S'), (4, '29999000000004', 'S'),
    (5, '29999000000005', 'S'), (6, '29999000000006', 'S'), (7, NULL, 'S'), (8, '29999000000008', 'S');
INSERT INTO borrower_attributes VALUES
    (1, 'COLLECTION', '1'), (2, 'COLLECTION', '1'), (3, 'COLLECTION', '1'), (4, 'COLLECTION', '0'),
    (6, 'EXEMPT', '1'), (5, 'EXEMPT', ''), (8, 'OLDCARD', '29999000000118');
INSERT INTO accountlines VALUES
    (1, '2026-01-05 10:00:00', 35.5, 35.5, 'LOST', NULL), (1, '2026-03-01 10:00:00', 10, 10, 'COLLECTION', NULL),
    (2, '2026-01-05 10:00:00', 20, 20, 'LOST', NULL), (2, '2026-03-01 10:00:00', 10, 10, 'COLLECTION', NULL),
    (2, '2026-03-01 10:05:00', 10, 0, 'COLLECTION', NULL), (3, '2026-01-05 10:00:00', 60, 60, 'LOST', NULL),
    (3, '2026-03-01 10:00:00', 10, 0, 'COLLECTION', 'CANCELLED'), (4, '2024-03-01 10:00:00', 10, 0, 'COLLECTION', NULL),
    (5, '2026-01-05 10:00:00', -5, -5, NULL, NULL), (6, '2026-01-05 10:00:00', 80, 80, 'LOST', NULL),
    (8, '2026-01-05 10:00:00', 20, 20, 'LOST', NULL), (8, '2024-03-01 10:00:00', 10, 0, 'COLLECTION', NULL);
"""

CARD = "2999900000000"
EXPECTED = {
    "1": ((f"{CARD}1",), 4550, True, 1000, False),
    "2": ((f"{CARD}2",), 3000, True, 2000, False),
    "3": ((f"{CARD}3",), 6000, True, 0, False),
    "4": ((f"{CARD}4",), 0, False, 0, False),
    "5": ((f"{CARD}5",), -500, False, 0, False),
    "6": ((f"{CARD}6",), 8000, False, 0, True),
    "7": ((), 0, False, 0, False),
    "8": ((f"{CARD}8", "29999000000118"), 2000, False, 0, False),
}
"""Cards with the present one first, balance, flag, referral fees and exemption of each patron, out of every ILS."""
