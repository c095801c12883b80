+++
title = "Koha: hotspot loans as an SQL report"
kind = "report"
checked_on = "logic run over a synthetic schema with MySQL's functions supplied; unverified on a live Koha (written for 21.05 and later)"
needs = [
  "A staff account that may make SQL reports (create_reports, execute_reports).",
  "The database's time zone set to the library's, which is Koha's rule: instants are turned into UTC by the database.",
]
edit = [
  "HOTSPOT: the item type or types of your hotspots; do so wherever it stands.",
  "1, 2, 3 and 4: what the values of the authorised value category LOST mean with you (as installed: 1 lost, 2 long overdue, 3 lost and paid for, 4 missing).",
]
steps = [
  "Reports, Create from SQL: paste everything from the word SELECT on, without these lines.",
  "Run it and download it as comma separated text; or let runreport.pl write it every morning with --format=csv and --csv-header.",
  "Save it as hotspot-loans.csv.",
  "Compare a few rows with the staff interface, above all one that is overdue and one that is lost.",
  "A deleted item is in no row; the day's run then says that the ILS does not know it.",
]
+++
SELECT
    items.itemnumber AS item,
    items.barcode AS barcode,
    CASE
        WHEN items.withdrawn <> 0 THEN 'withdrawn'
        WHEN (issues.issue_id IS NOT NULL OR items.itemlost <> 0) AND claims.began IS NOT NULL THEN 'claims_returned'
        WHEN items.itemlost = 3 THEN 'lost_paid'
        WHEN items.itemlost = 4 THEN 'missing'
        WHEN items.itemlost IN (1, 2) THEN 'lost'
        WHEN items.itemlost <> 0 THEN CONCAT('koha:lost ', items.itemlost)
        WHEN issues.issue_id IS NOT NULL THEN 'on_loan'
        WHEN EXISTS (
            SELECT 1 FROM reserves WHERE reserves.itemnumber = items.itemnumber AND reserves.found = 'W'
        ) THEN 'on_hold_shelf'
        WHEN EXISTS (
            SELECT 1 FROM branchtransfers
            WHERE branchtransfers.itemnumber = items.itemnumber AND branchtransfers.datesent IS NOT NULL
                AND branchtransfers.datearrived IS NULL AND branchtransfers.datecancelled IS NULL
        ) THEN 'in_transit'
        ELSE 'checked_in'
    END AS status,
    DATE_FORMAT(TIMESTAMPADD(SECOND, UNIX_TIMESTAMP(
        CASE
            WHEN items.withdrawn <> 0 THEN items.withdrawn_on
            WHEN (issues.issue_id IS NOT NULL OR items.itemlost <> 0) AND claims.began IS NOT NULL THEN claims.began
            WHEN items.itemlost <> 0 THEN items.itemlost_on
            WHEN issues.issue_id IS NOT NULL THEN issues.issuedate
            ELSE earlier.ended
        END
    ), '1970-01-01 00:00:00'), '%Y-%m-%dT%H:%i:%sZ') AS since,
    issues.issue_id AS loan,
    CASE
        WHEN TIME(issues.date_due) >= '23:59:00' OR issues.date_due >= '2038-01-01'
            THEN DATE_FORMAT(issues.date_due, '%Y-%m-%d')
        ELSE DATE_FORMAT(TIMESTAMPADD(
            SECOND, UNIX_TIMESTAMP(issues.date_due), '1970-01-01 00:00:00'
        ), '%Y-%m-%dT%H:%i:%sZ')
    END AS due,
    DATE_FORMAT(TIMESTAMPADD(
        SECOND, UNIX_TIMESTAMP(issues.issuedate), '1970-01-01 00:00:00'
    ), '%Y-%m-%dT%H:%i:%sZ') AS checked_out,
    CASE WHEN issues.issue_id IS NULL THEN DATE_FORMAT(TIMESTAMPADD(
        SECOND, UNIX_TIMESTAMP(earlier.ended), '1970-01-01 00:00:00'
    ), '%Y-%m-%dT%H:%i:%sZ') END AS returned,
    '' AS household,
    DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ') AS as_of
FROM items
LEFT JOIN issues ON issues.itemnumber = items.itemnumber
LEFT JOIN (
    SELECT return_claims.itemnumber, MAX(return_claims.created_on) AS began
    FROM return_claims WHERE return_claims.resolution IS NULL GROUP BY return_claims.itemnumber
) AS claims ON claims.itemnumber = items.itemnumber
LEFT JOIN (
    SELECT old_issues.itemnumber, MAX(old_issues.returndate) AS ended
    FROM old_issues GROUP BY old_issues.itemnumber
) AS earlier ON earlier.itemnumber = items.itemnumber
WHERE items.itype IN ('HOTSPOT')
ORDER BY items.itemnumber
