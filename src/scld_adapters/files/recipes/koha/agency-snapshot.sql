+++
title = "Koha: every patron's standing with the collection agency, as an SQL report"
kind = "report"
checked_on = "logic run over a synthetic schema; unverified on a live Koha (written for 21.05 and later)"
holds = "the file has record numbers, card numbers and amounts, and no patron's name: keep it where only those who do this work can read it"
needs = [
  "A staff account that may make SQL reports (create_reports, execute_reports).",
]
edit = [
  "COLLECTION (patron attribute type): the attribute that marks a patron as in collection; if yours is a sort field, write borrowers.sort1 = 'yes' in place of that EXISTS.",
  "COLLECTION (debit type): the code of the referral fee, in the line with debit_type_code.",
  "EXEMPT: the attribute of patrons who are never sent.",
  "OLDCARD: the attribute in which former card numbers are kept; Koha itself keeps none, so a replaced card is otherwise not recognised.",
]
steps = [
  "Reports, Create from SQL: paste everything from the word SELECT on, without these lines.",
  "Run it and download it as comma separated text; or let runreport.pl write it with --format=csv and --csv-header. Take every row: an incomplete file would report patrons as unknown.",
  "Save it as ils.csv.",
  "Compare a few rows with the staff interface: one in collection, one who paid, one with a credit.",
]
+++
SELECT
    borrowers.borrowernumber AS patron_id,
    CONCAT_WS(';', NULLIF(borrowers.cardnumber, ''), former.cards) AS barcodes,
    CAST(COALESCE(account.balance, 0) AS DECIMAL(12, 2)) AS balance,
    CASE WHEN EXISTS (
        SELECT 1 FROM borrower_attributes AS mark
        WHERE mark.borrowernumber = borrowers.borrowernumber
            AND mark.code = 'COLLECTION' AND mark.attribute NOT IN ('', '0')
    ) THEN 'yes' ELSE 'no' END AS flagged,
    -- A fee belongs to the debt of now when it is not older than the oldest charge that is still owed.
    CAST(COALESCE((
        SELECT SUM(fee.amount) FROM accountlines AS fee
        WHERE fee.borrowernumber = borrowers.borrowernumber
            AND fee.debit_type_code = 'COLLECTION'
            AND COALESCE(fee.status, '') <> 'CANCELLED'
            AND fee.date >= account.began
    ), 0) AS DECIMAL(12, 2)) AS referral_fee,
    CASE WHEN EXISTS (
        SELECT 1 FROM borrower_attributes AS mark
        WHERE mark.borrowernumber = borrowers.borrowernumber
            AND mark.code = 'EXEMPT' AND mark.attribute NOT IN ('', '0')
    ) THEN 'yes' ELSE 'no' END AS exempt,
    DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ') AS as_of
FROM borrowers
LEFT JOIN (
    SELECT
        accountlines.borrowernumber,
        SUM(accountlines.amountoutstanding) AS balance,
        MIN(CASE WHEN accountlines.amountoutstanding > 0 THEN accountlines.date END) AS began
    FROM accountlines GROUP BY accountlines.borrowernumber
) AS account ON account.borrowernumber = borrowers.borrowernumber
LEFT JOIN (
    SELECT borrower_attributes.borrowernumber, GROUP_CONCAT(borrower_attributes.attribute SEPARATOR ';') AS cards
    FROM borrower_attributes
    WHERE borrower_attributes.code = 'OLDCARD' GROUP BY borrower_attributes.borrowernumber
) AS former ON former.borrowernumber = borrowers.borrowernumber
ORDER BY borrowers.borrowernumber
