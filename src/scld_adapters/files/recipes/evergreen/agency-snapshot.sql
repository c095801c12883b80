+++
title = "Evergreen: every patron's standing with the collection agency, by SQL"
kind = "sql"
checked_on = "syntax and result run on PostgreSQL 18 over a synthetic schema; unverified on a live Evergreen"
holds = "the file has record numbers, card numbers and amounts, and no patron's name: keep it where only those who do this work can read it"
needs = [
  "A database login that may read actor.usr, actor.card, actor.usr_setting, money.collections_tracker, money.billing and money.materialized_billable_xact_summary; a read-only replica is best.",
  "psql 12 or later, for --csv.",
]
edit = [
  "fees: the billing types of the referral fee (config.billing_type; 2 as installed).",
]
steps = [
  "Save this text as agency-snapshot.sql and edit the value at its top.",
  "psql -X --csv -h HOST -d evergreen -U LOGIN -f agency-snapshot.sql > ils.csv",
  "Compare a few rows with the staff client: one in collection, one who paid, one with a credit.",
  "When two patrons are merged Evergreen moves the cards to the one that stays, so an account under the old card is recognised; the old record number is not kept.",
]
+++
WITH chosen AS (
    SELECT ARRAY[2]::integer[] AS fees
),
account AS (
    SELECT
        summary.usr,
        SUM(summary.balance_owed) AS balance,
        MIN(summary.xact_start) FILTER (WHERE summary.balance_owed > 0) AS began
    FROM money.materialized_billable_xact_summary AS summary
    GROUP BY summary.usr
),
-- A fee belongs to the debt of now when it is not older than the oldest bill that is still owed.
charged AS (
    SELECT summary.usr, SUM(bill.amount) AS fee
    FROM chosen
    JOIN money.billing AS bill
        ON bill.btype = ANY (chosen.fees)
        AND NOT bill.voided
    JOIN money.materialized_billable_xact_summary AS summary
        ON summary.id = bill.xact
    JOIN account
        ON account.usr = summary.usr
        AND bill.billing_ts >= account.began
    GROUP BY summary.usr
),
cards AS (
    SELECT
        card.usr,
        string_agg(card.barcode, ';' ORDER BY card.id IS NOT DISTINCT FROM person.card DESC, card.id DESC) AS barcodes
    FROM actor.card AS card
    JOIN actor.usr AS person
        ON person.id = card.usr
    GROUP BY card.usr
)
SELECT
    person.id AS patron_id,
    COALESCE(cards.barcodes, '') AS barcodes,
    COALESCE(account.balance, 0)::numeric(12, 2) AS balance,
    CASE WHEN EXISTS (
        SELECT 1 FROM money.collections_tracker AS tracker WHERE tracker.usr = person.id
    ) THEN 'yes' ELSE 'no' END AS flagged,
    COALESCE(charged.fee, 0)::numeric(12, 2) AS referral_fee,
    CASE WHEN EXISTS (
        SELECT 1 FROM actor.usr_setting AS setting
        WHERE setting.usr = person.id
            AND setting.name = 'circ.collections.exempt'
            AND lower(trim(BOTH '"' FROM setting.value)) IN ('true', 't', '1')
    ) THEN 'yes' ELSE 'no' END AS exempt,
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of
FROM actor.usr AS person
LEFT JOIN cards
    ON cards.usr = person.id
LEFT JOIN account
    ON account.usr = person.id
LEFT JOIN charged
    ON charged.usr = person.id
WHERE NOT person.deleted
ORDER BY person.id;
