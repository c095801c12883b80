+++
title = "Polaris: every patron's standing with the collection agency, by SQL"
kind = "sql"
checked_on = "unverified"
holds = "the file has record numbers, card numbers and amounts, and no patron's name: keep it where only those who do this work can read it"
needs = [
  "A SQL Server login that may read the database Polaris (a reporting copy is best), SQL Server 2016 or later.",
  "PowerShell with the module SqlServer, or SQL Server Management Studio.",
]
edit = [
  "@Fee: how the referral fee is called in the table Polaris.FeeReasonCodes.",
  "@Block: the bit of SystemBlocks that stands for collection; compare a patron who is in collection with one who is not.",
]
steps = [
  "Save this text as agency-snapshot.sql and edit the two values at its top.",
  "PowerShell: Invoke-Sqlcmd -ServerInstance HOST -InputFile agency-snapshot.sql | Export-Csv ils.csv -NoTypeInformation -Encoding UTF8",
  "Compare a few rows with Leap: one in collection, one who paid, one with a credit.",
  "Overdue fines that have accrued and were not charged are in no balance, here as in the reports that Polaris sends.",
  "Polaris keeps one former barcode (Former ID); an account under an older card is not recognised by its card.",
]
+++
DECLARE @Fee nvarchar(80) = 'Collection Agency', @Block integer = 1024;

WITH account AS (
    SELECT charge.PatronID, MIN(charge.TxnDate) AS Began
    FROM Polaris.Polaris.PatronAccount AS charge
    WHERE charge.TxnCodeID = 1 AND charge.OutstandingAmount > 0
    GROUP BY charge.PatronID
),
-- A fee belongs to the debt of now when it is not older than the oldest charge that is still owed.
charged AS (
    SELECT fee.PatronID, SUM(fee.TxnAmount) AS Fee
    FROM Polaris.Polaris.PatronAccount AS fee
    JOIN Polaris.Polaris.FeeReasonCodes AS reason
        ON reason.FeeReasonCodeID = fee.FeeReasonCodeID
        AND reason.FeeDescription = @Fee
    JOIN account
        ON account.PatronID = fee.PatronID
        AND fee.TxnDate >= account.Began
    WHERE fee.TxnCodeID = 1
    GROUP BY fee.PatronID
)
SELECT
    person.PatronID AS patron_id,
    CONCAT(person.Barcode, ';' + NULLIF(entry.FormerID, '')) AS barcodes,
    CAST(person.ChargesAmount - person.CreditsAmount AS decimal(12, 2)) AS balance,
    CASE WHEN person.SystemBlocks & @Block = @Block THEN 'yes' ELSE 'no' END AS flagged,
    CAST(COALESCE(charged.Fee, 0) AS decimal(12, 2)) AS referral_fee,
    CASE WHEN entry.CollectionExempt = 1 THEN 'yes' ELSE 'no' END AS exempt,
    FORMAT(SYSUTCDATETIME(), 'yyyy-MM-dd\THH:mm:ss\Z', 'en-US') AS as_of
FROM Polaris.Polaris.Patrons AS person
JOIN Polaris.Polaris.PatronRegistration AS entry
    ON entry.PatronID = person.PatronID
LEFT JOIN charged
    ON charged.PatronID = person.PatronID
WHERE person.RecordStatusID = 1
ORDER BY person.PatronID;
