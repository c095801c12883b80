+++
title = "Polaris: hotspot loans by SQL"
kind = "sql"
checked_on = "unverified"
needs = [
  "A SQL Server login that may read the database Polaris (a reporting copy is best), SQL Server 2016 or later.",
  "PowerShell with the module SqlServer, or SQL Server Management Studio.",
]
edit = [
  "@Zone: your time zone by its Windows name.",
  "The material type numbers of your hotspots, in the last lines (table Polaris.MaterialTypes).",
]
steps = [
  "Save this text as hotspot-loans.sql and edit the two places.",
  "PowerShell: Invoke-Sqlcmd -ServerInstance HOST -InputFile hotspot-loans.sql | Export-Csv hotspot-loans.csv -NoTypeInformation -Encoding UTF8",
  "Compare a few rows with Leap, above all one that is overdue and one that is lost.",
  "A status that has no counterpart is given as polaris:NAME; say under words in district.toml what yours mean, such as \"polaris:Shelving\" = \"checked_in\".",
  "Polaris has no status for a lost item that was paid: withdraw the item when its line may end.",
]
+++
DECLARE @Zone sysname = 'Pacific Standard Time';

SELECT
    item.ItemRecordID AS item,
    item.Barcode AS barcode,
    CASE
        WHEN item.RecordStatusID = 4 THEN 'withdrawn'
        WHEN status.Name = 'Withdrawn' THEN 'withdrawn'
        WHEN status.Name = 'Lost' THEN 'lost'
        WHEN status.Name = 'Claim Returned' THEN 'claims_returned'
        WHEN status.Name = 'Missing' THEN 'missing'
        WHEN status.Name IN ('Out', 'Out-ILL') THEN 'on_loan'
        WHEN status.Name = 'Held' THEN 'on_hold_shelf'
        WHEN status.Name IN ('Transferred', 'In-Transit') THEN 'in_transit'
        WHEN status.Name = 'In' THEN 'checked_in'
        ELSE 'polaris:' + status.Name
    END AS status,
    FORMAT(item.ItemStatusDate AT TIME ZONE @Zone, 'yyyy-MM-dd\THH:mm:sszzz', 'en-US') AS since,
    '' AS loan,
    -- Polaris stores a due day without an hour as the last second of that day.
    CASE WHEN CAST(loan.DueDate AS time) >= '23:59:00'
        THEN FORMAT(loan.DueDate, 'yyyy-MM-dd', 'en-US')
        ELSE FORMAT(loan.DueDate AT TIME ZONE @Zone, 'yyyy-MM-dd\THH:mm:sszzz', 'en-US')
    END AS due,
    FORMAT(loan.CheckOutDate AT TIME ZONE @Zone, 'yyyy-MM-dd\THH:mm:sszzz', 'en-US') AS checked_out,
    CASE WHEN loan.ItemRecordID IS NULL
        THEN FORMAT(item.CheckInDate AT TIME ZONE @Zone, 'yyyy-MM-dd\THH:mm:sszzz', 'en-US')
    END AS returned,
    '' AS household,
    FORMAT(SYSDATETIMEOFFSET(), 'yyyy-MM-dd\THH:mm:sszzz', 'en-US') AS as_of
FROM Polaris.Polaris.CircItemRecords AS item
LEFT JOIN Polaris.Polaris.ItemStatuses AS status
    ON status.ItemStatusID = item.ItemStatusID
LEFT JOIN Polaris.Polaris.ItemCheckouts AS loan
    ON loan.ItemRecordID = item.ItemRecordID
WHERE item.MaterialTypeID IN (0)
ORDER BY item.ItemRecordID;
