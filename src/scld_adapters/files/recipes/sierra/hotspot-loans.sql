+++
title = "Sierra: hotspot loans by SQL on sierra_view"
kind = "sql"
checked_on = "syntax and result run on PostgreSQL 18 over a synthetic schema; unverified on a live Sierra"
needs = [
  "A Sierra login with SQL access (the application Sierra SQL Access), and its host; the port is usually 1032.",
  "psql 12 or later, for --csv.",
]
edit = [
  "item_types: the I TYPE numbers of your hotspots.",
  "zone: your time zone.",
]
steps = [
  "Save this text as hotspot-loans.sql and edit the two values at its top.",
  "psql -X --csv -h HOST -p 1032 -d iii -U LOGIN -f hotspot-loans.sql > hotspot-loans.csv",
  "Compare a few rows with the staff client, above all one that is overdue and one that is billed.",
  "Every status code without a fixed meaning in Sierra is given as sierra:CODE; say under words in district.toml what yours mean, such as \"sierra:w\" = \"withdrawn\".",
  "A row has no since while an item is billed, paid or claimed: Sierra's tables do not tell when that began, so a lost hotspot's line is suspended and never proposed for an end.",
]
+++
WITH chosen AS (
    SELECT
        ARRAY[101]::integer[] AS item_types,
        'America/Los_Angeles'::text AS zone
),
shown AS (
    SELECT
        metadata.record_num,
        property.barcode,
        item.item_status_code AS code,
        item.last_checkin_gmt AS came_in,
        loan.id AS loan_id,
        loan.checkout_gmt AS went_out,
        loan.due_gmt AS due,
        loan.due_gmt AT TIME ZONE chosen.zone AS due_wall
    FROM chosen
    JOIN sierra_view.item_record AS item
        ON item.itype_code_num = ANY (chosen.item_types)
    JOIN sierra_view.record_metadata AS metadata
        ON metadata.id = item.id
        AND metadata.record_type_code = 'i'
        AND COALESCE(metadata.campus_code, '') = ''
        AND metadata.deletion_date_gmt IS NULL
    LEFT JOIN sierra_view.item_record_property AS property
        ON property.item_record_id = item.id
    LEFT JOIN sierra_view.checkout AS loan
        ON loan.item_record_id = item.id
),
told AS (
    SELECT
        shown.*,
        CASE
            WHEN code = '$' THEN 'lost_paid'
            WHEN code = 'n' THEN 'lost'
            WHEN code = 'z' THEN 'claims_returned'
            WHEN code = 'm' THEN 'missing'
            WHEN loan_id IS NOT NULL THEN 'on_loan'
            WHEN code = 't' THEN 'in_transit'
            WHEN code = '!' THEN 'on_hold_shelf'
            WHEN code = '-' THEN 'checked_in'
            ELSE 'sierra:' || TRIM(code)
        END AS status
    FROM shown
)
SELECT
    'i' || record_num AS item,
    TRIM(barcode) AS barcode,
    status,
    CASE WHEN status IN ('checked_in', 'in_transit', 'on_hold_shelf')
        THEN to_char(came_in AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    END AS since,
    loan_id AS loan,
    -- Sierra stores a due day without an hour as 04:00 of that day.
    CASE WHEN due_wall::time = TIME '04:00'
        THEN to_char(due_wall, 'YYYY-MM-DD')
        ELSE to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    END AS due,
    to_char(went_out AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS checked_out,
    CASE WHEN loan_id IS NULL AND status IN ('checked_in', 'in_transit', 'on_hold_shelf')
        THEN to_char(came_in AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    END AS returned,
    '' AS household,
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of
FROM told
ORDER BY record_num;
