+++
title = "Evergreen: hotspot loans by SQL"
kind = "sql"
checked_on = "syntax and result run on PostgreSQL 18 over a synthetic schema; unverified on a live Evergreen"
needs = [
  "A database login that may read asset.copy, config.copy_status and action.circulation; a read-only replica is best.",
  "psql 12 or later, for --csv.",
]
edit = [
  "modifiers: the circulation modifiers of your hotspots.",
  "zone: your time zone.",
]
steps = [
  "Save this text as hotspot-loans.sql and edit the two values at its top.",
  "psql -X --csv -h HOST -d evergreen -U LOGIN -f hotspot-loans.sql > hotspot-loans.csv",
  "Compare a few rows with the staff client, above all one that is overdue and one that is lost.",
  "A status that has no counterpart is given as evergreen:NAME; say under words in district.toml what yours mean, such as \"evergreen:Cataloging\" = \"checked_in\".",
]
+++
WITH chosen AS (
    SELECT
        ARRAY['hotspot']::text[] AS modifiers,
        'America/Los_Angeles'::text AS zone
),
shown AS (
    SELECT
        item.id,
        item.barcode,
        item.deleted,
        item.status AS code,
        standing.name AS word,
        CASE WHEN item.deleted THEN item.edit_date ELSE item.status_changed_time END AS changed,
        loan.id AS loan_id,
        loan.xact_start AS went_out,
        loan.due_date AS due,
        loan.due_date AT TIME ZONE chosen.zone AS due_wall,
        loan.stop_fines,
        loan.stop_fines_time,
        earlier.came_in
    FROM chosen
    JOIN asset.copy AS item
        ON item.circ_modifier = ANY (chosen.modifiers)
    LEFT JOIN config.copy_status AS standing
        ON standing.id = item.status
    LEFT JOIN action.circulation AS loan
        ON loan.target_copy = item.id
        AND loan.checkin_time IS NULL
    LEFT JOIN LATERAL (
        SELECT MAX(past.checkin_time) AS came_in
        FROM action.circulation AS past
        WHERE past.target_copy = item.id
    ) AS earlier ON TRUE
),
told AS (
    SELECT
        shown.*,
        CASE
            WHEN deleted THEN 'withdrawn'
            WHEN code = 17 THEN 'lost_paid'
            WHEN code IN (3, 16) THEN 'lost'
            WHEN stop_fines = 'CLAIMSRETURNED' THEN 'claims_returned'
            WHEN code = 13 THEN 'withdrawn'
            WHEN code = 4 THEN 'missing'
            WHEN loan_id IS NOT NULL THEN 'on_loan'
            WHEN code = 6 THEN 'in_transit'
            WHEN code = 8 THEN 'on_hold_shelf'
            WHEN code IN (0, 7) THEN 'checked_in'
            ELSE 'evergreen:' || word
        END AS status
    FROM shown
)
SELECT
    id AS item,
    barcode,
    status,
    to_char(
        CASE status
            WHEN 'on_loan' THEN went_out
            WHEN 'claims_returned' THEN stop_fines_time
            ELSE changed
        END AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    ) AS since,
    loan_id AS loan,
    -- Evergreen stores a due day without an hour as the last second of that day.
    CASE WHEN due_wall::time >= TIME '23:59:00'
        THEN to_char(due_wall, 'YYYY-MM-DD')
        ELSE to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    END AS due,
    to_char(went_out AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS checked_out,
    CASE WHEN loan_id IS NULL
        THEN to_char(came_in AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    END AS returned,
    '' AS household,
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS as_of
FROM told
ORDER BY id;
