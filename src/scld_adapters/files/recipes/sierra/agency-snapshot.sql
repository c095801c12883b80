+++
title = "Sierra: every patron's standing with the collection agency, by SQL on sierra_view"
kind = "sql"
checked_on = "syntax and result run on PostgreSQL 18 over a synthetic schema; unverified on a live Sierra"
holds = "the file has record numbers, card numbers and amounts, and no patron's name: keep it where only those who do this work can read it"
needs = [
  "A Sierra login with SQL access (the application Sierra SQL Access), and its host; the port is usually 1032.",
  "psql 12 or later, for --csv.",
]
edit = [
  "blocks: the MBLOCK codes that stand for collection.",
  "fee: the reason that Sierra gives the referral fee.",
  "exclusion: the phrase in a patron's note that keeps the patron out of collection.",
  "check_digit: true when your agency has record numbers with their check digit (p10243641), false without (p1024364).",
]
steps = [
  "Save this text as agency-snapshot.sql and edit the four values at its top.",
  "psql -X --csv -h HOST -p 1032 -d iii -U LOGIN -f agency-snapshot.sql > ils.csv",
  "Compare a few rows with the staff client: one in collection, one who paid, one with a credit.",
  "Sierra's merge of two patrons keeps the exclusion note only of the record that stays; look at those rows twice.",
]
+++
WITH chosen AS (
    SELECT
        ARRAY['c']::text[] AS blocks,
        'COLLECTION AGENCY REPORT CHARGE'::text AS fee,
        'EXCLUDE FROM COLLECTION'::text AS exclusion,
        false AS check_digit
),
-- Sierra keeps what is owed and what was paid apart; a charge paid in parts is in both and counts once.
fees AS (
    SELECT
        owed.patron_record_id AS record, owed.assessed_gmt AS assessed,
        owed.item_charge_amt + owed.processing_fee_amt + owed.billing_fee_amt AS amount
    FROM chosen
    JOIN sierra_view.fine AS owed
        ON owed.description = chosen.fee
    UNION ALL
    SELECT DISTINCT
        paid.patron_record_metadata_id, paid.fine_assessed_date_gmt,
        paid.item_charge_amt + paid.processing_fee_amt + paid.billing_fee_amt
    FROM chosen
    JOIN sierra_view.fines_paid AS paid
        ON paid.description = chosen.fee
    WHERE NOT EXISTS (
        SELECT 1 FROM sierra_view.fine AS owed
        WHERE owed.patron_record_id = paid.patron_record_metadata_id
            AND owed.assessed_gmt = paid.fine_assessed_date_gmt
            AND owed.description = paid.description
    )
),
began AS (
    SELECT owed.patron_record_id AS record, MIN(owed.assessed_gmt) AS assessed
    FROM sierra_view.fine AS owed
    GROUP BY owed.patron_record_id
),
-- A fee belongs to the debt of now when it is not older than the oldest charge that is still owed.
charged AS (
    SELECT fees.record, SUM(fees.amount) AS fee
    FROM fees
    JOIN began
        ON began.record = fees.record
        AND fees.assessed >= began.assessed
    GROUP BY fees.record
),
cards AS (
    SELECT field.record_id AS record, string_agg(trim(field.field_content), ';' ORDER BY field.occ_num) AS barcodes
    FROM sierra_view.varfield AS field
    WHERE field.varfield_type_code = 'b'
    GROUP BY field.record_id
),
digits AS (
    SELECT metadata.id, SUM(place.digit::integer * (place.position + 1)) % 11 AS remainder
    FROM sierra_view.record_metadata AS metadata
    CROSS JOIN LATERAL
        unnest(string_to_array(reverse(metadata.record_num::text), NULL)) WITH ORDINALITY AS place (digit, position)
    WHERE metadata.record_type_code = 'p'
    GROUP BY metadata.id
)
SELECT
    'p' || metadata.record_num || CASE
        WHEN NOT chosen.check_digit THEN ''
        WHEN digits.remainder = 10 THEN 'x'
        ELSE digits.remainder::text
    END AS patron_id,
    COALESCE(cards.barcodes, '') AS barcodes,
    patron.owed_amt::numeric(12, 2) AS balance,
    CASE WHEN patron.mblock_code = ANY (chosen.blocks) THEN 'yes' ELSE 'no' END AS flagged,
    COALESCE(charged.fee, 0)::numeric(12, 2) AS referral_fee,
    CASE WHEN EXISTS (
        SELECT 1 FROM sierra_view.varfield AS note
        WHERE note.record_id = patron.id
            AND note.varfield_type_code = 'x'
            AND strpos(upper(note.field_content), upper(chosen.exclusion)) > 0
    ) THEN 'yes' ELSE 'no' END AS exempt,
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of
FROM chosen
CROSS JOIN sierra_view.patron_record AS patron
JOIN sierra_view.record_metadata AS metadata
    ON metadata.id = patron.id
    AND metadata.record_type_code = 'p'
    AND COALESCE(metadata.campus_code, '') = ''
    AND metadata.deletion_date_gmt IS NULL
JOIN digits
    ON digits.id = metadata.id
LEFT JOIN cards
    ON cards.record = patron.id
LEFT JOIN charged
    ON charged.record = patron.id
ORDER BY metadata.record_num;
