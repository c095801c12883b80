"""Synthetic schemas of ILSs with a few rows, only the tables and columns that the recipes read.

Each holds the same nine hotspots i1 to i9 (EXPECTED), a deleted one where the ILS keeps such a row,
one with a status nobody has translated, and an item of another type that must not be in the extract.
"""

SIERRA = """
CREATE SCHEMA sierra_view;
CREATE TABLE sierra_view.record_metadata (
    id bigint, record_num integer, record_type_code text, campus_code text, deletion_date_gmt date
);
CREATE TABLE sierra_view.item_record (
    id bigint, itype_code_num integer, item_status_code text, last_checkin_gmt timestamptz
);
CREATE TABLE sierra_view.item_record_property (item_record_id bigint, barcode text);
CREATE TABLE sierra_view.checkout (
    id bigint, patron_record_id bigint, item_record_id bigint, due_gmt timestamptz, checkout_gmt timestamptz
);
INSERT INTO sierra_view.record_metadata
SELECT n, 1000 + n, 'i', '', NULL FROM generate_series(1, 11) AS n;
INSERT INTO sierra_view.record_metadata VALUES
    (12, 1012, 'i', 'ncip', NULL), (13, 1013, 'i', '', '2026-01-01'), (1, 1, 'b', '', NULL);
INSERT INTO sierra_view.item_record VALUES
    (1, 101, '-', '2026-02-01 10:00-08'), (2, 101, '-', '2026-03-09 18:00Z'), (3, 101, 't', '2026-03-09 18:00Z'),
    (4, 101, '!', '2026-03-09 18:00Z'), (5, 101, 'n', NULL), (6, 101, '$', NULL), (7, 101, 'z', NULL),
    (8, 101, 'm', NULL), (9, 101, '-', NULL), (10, 101, 'w', NULL), (11, 7, '-', NULL), (12, 101, '-', NULL),
    (13, 101, '-', NULL);
INSERT INTO sierra_view.item_record_property
SELECT n, '399990000000' || lpad(n::text, 2, '0') || ' ' FROM generate_series(1, 13) AS n;
INSERT INTO sierra_view.checkout VALUES
    (71, 9001, 1, '2026-03-08 04:00 America/Los_Angeles', '2026-03-01 10:00-08'),
    (75, 9001, 5, '2026-01-08 04:00 America/Los_Angeles', '2026-01-01 10:00-08'),
    (77, 9001, 7, '2026-01-08 04:00 America/Los_Angeles', '2026-01-01 10:00-08'),
    (79, 9001, 9, '2026-03-10 20:30Z', '2026-03-10 18:30Z');
"""

EVERGREEN = """
CREATE SCHEMA asset; CREATE SCHEMA config; CREATE SCHEMA action;
CREATE TABLE config.copy_status (id integer, name text);
CREATE TABLE asset.copy (
    id bigint, barcode text, status integer, circ_modifier text, deleted boolean, edit_date timestamptz,
    status_changed_time timestamptz
);
CREATE TABLE action.circulation (
    id bigint, usr integer, target_copy bigint, xact_start timestamptz, due_date timestamptz,
    checkin_time timestamptz, stop_fines text, stop_fines_time timestamptz
);
INSERT INTO config.copy_status VALUES
    (0, 'Available'), (1, 'Checked out'), (3, 'Lost'), (4, 'Missing'), (6, 'In transit'), (7, 'Reshelving'),
    (8, 'On holds shelf'), (11, 'Cataloging'), (13, 'Discard/Weed'), (16, 'Long Overdue'), (17, 'Lost and Paid');
INSERT INTO asset.copy
SELECT n, '399990000000' || lpad(n::text, 2, '0'), status, 'hotspot', n = 12, '2026-02-01 08:00Z', '2026-03-09 18:00Z'
FROM (VALUES (1, 1), (2, 7), (3, 6), (4, 8), (5, 3), (6, 17), (7, 1), (8, 4), (9, 1), (10, 11), (12, 0), (13, 13))
    AS hotspot (n, status);
INSERT INTO asset.copy VALUES (11, '3', 0, 'book', FALSE, NULL, NULL);
INSERT INTO action.circulation VALUES
    (60, 9001, 1, '2026-02-01 10:00-08', '2026-02-08 23:59:59-08', '2026-02-08 10:00-08', 'CHECKIN', NULL),
    (71, 9001, 1, '2026-03-01 10:00-08', '2026-03-08 23:59:59-07', NULL, NULL, NULL),
    (61, 9001, 2, '2026-02-01 10:00-08', '2026-02-08 23:59:59-08', '2026-02-08 10:00-08', 'CHECKIN', NULL),
    (62, 9001, 2, '2026-03-01 10:00-08', '2026-03-08 23:59:59-07', '2026-03-09 18:00Z', 'CHECKIN', NULL),
    (75, 9001, 5, '2026-01-01 10:00-08', '2026-01-08 23:59:59-08', NULL, 'LOST', '2026-02-01 08:00Z'),
    (77, 9001, 7, '2026-01-01 10:00-08', '2026-01-08 23:59:59-08', NULL, 'CLAIMSRETURNED', '2026-02-01 08:00Z'),
    (79, 9001, 9, '2026-03-10 18:30Z', '2026-03-10 20:30Z', NULL, NULL, NULL);
"""

KOHA = """
CREATE TABLE items (
    itemnumber INTEGER, barcode TEXT, itype TEXT, withdrawn INTEGER DEFAULT 0, withdrawn_on TEXT,
    itemlost INTEGER DEFAULT 0, itemlost_on TEXT
);
CREATE TABLE issues (issue_id INTEGER, borrowernumber INTEGER, itemnumber INTEGER, date_due TEXT, issuedate TEXT);
CREATE TABLE old_issues (issue_id INTEGER, itemnumber INTEGER, returndate TEXT);
CREATE TABLE reserves (itemnumber INTEGER, found TEXT);
CREATE TABLE branchtransfers (itemnumber INTEGER, datesent TEXT, datearrived TEXT, datecancelled TEXT);
CREATE TABLE return_claims (itemnumber INTEGER, resolution TEXT, created_on TEXT);
INSERT INTO items (itemnumber, barcode, itype, withdrawn, withdrawn_on, itemlost, itemlost_on) VALUES
    (1, '39999000000001', 'HOTSPOT', 0, NULL, 0, NULL), (2, '39999000000002', 'HOTSPOT', 0, NULL, 0, NULL),
    (3, '39999000000003', 'HOTSPOT', 0, NULL, 0, NULL), (4, '39999000000004', 'HOTSPOT', 0, NULL, 0, NULL),
    (5, '39999000000005', 'HOTSPOT', 0, NULL, 2, '2026-03-09 11:00:00'),
    (6, '39999000000006', 'HOTSPOT', 0, NULL, 3, '2026-03-09 11:00:00'),
    (7, '39999000000007', 'HOTSPOT', 0, NULL, 1, '2026-03-01 10:00:00'),
    (8, '39999000000008', 'HOTSPOT', 0, NULL, 4, '2026-03-09 11:00:00'),
    (9, '39999000000009', 'HOTSPOT', 0, NULL, 0, NULL),
    (10, '39999000000010', 'HOTSPOT', 0, NULL, 6, NULL), (11, '39999000000011', 'BK', 0, NULL, 0, NULL),
    (12, '39999000000012', 'HOTSPOT', 1, '2026-02-01 00:00:00', 0, NULL),
    (13, '39999000000013', 'HOTSPOT', 0, NULL, 0, NULL);
INSERT INTO issues VALUES
    (71, 9001, 1, '2026-03-08 23:59:00', '2026-03-01 10:00:00'),
    (75, 9001, 5, '2026-01-08 23:59:00', '2026-01-01 10:00:00'),
    (77, 9001, 7, '2026-01-08 23:59:00', '2026-01-01 10:00:00'),
    (79, 9001, 9, '2026-03-10 13:30:00', '2026-03-10 11:30:00'),
    (83, 9001, 13, '2099-12-31 12:00:00', '2026-03-01 10:00:00');
INSERT INTO old_issues VALUES
    (60, 2, '2026-02-08 10:00:00'), (61, 2, '2026-03-09 11:00:00'), (62, 3, '2026-03-09 11:00:00'),
    (63, 4, '2026-03-09 11:00:00'), (64, 1, '2026-02-01 10:00:00');
INSERT INTO reserves VALUES (4, 'W'), (3, 'T'), (1, NULL);
INSERT INTO branchtransfers VALUES
    (3, '2026-03-09 11:00:00', NULL, NULL), (2, '2026-03-08 11:00:00', '2026-03-09 11:00:00', NULL),
    (4, NULL, NULL, NULL), (9, '2026-03-08 11:00:00', NULL, '2026-03-09 11:00:00');
INSERT INTO return_claims VALUES (7, NULL, '2026-02-01 00:00:00'), (1, 'RETURNED', '2026-02-01 00:00:00'),
    (2, NULL, '2026-02-01 00:00:00');
"""

EXPECTED = {
    "1": ("on_loan", "71", "2026-03-09T07:00:00+00:00"),
    "2": ("checked_in", "", ""),
    "3": ("in_transit", "", ""),
    "4": ("on_hold_shelf", "", ""),
    "5": ("lost", "75", "2026-01-09T08:00:00+00:00"),
    "6": ("lost_paid", "", ""),
    "7": ("claims_returned", "77", "2026-01-09T08:00:00+00:00"),
    "8": ("missing", "", ""),
    "9": ("on_loan", "79", "2026-03-10T20:30:00+00:00"),
    "10": ("unknown_word", "", ""),
}
"""State, loan and end of the due day of each hotspot, the same out of every ILS."""
