namespace Starling.Cli.Output;

/// <summary>One cell: text and its colour.</summary>
internal readonly record struct Cell(string Text, Colour Colour = Colour.None)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>A column; when <paramref name="OnlyIf"/> is false it is left out altogether.</summary>
internal sealed record Column(string Heading, bool OnlyIf = true);

/// <summary>Left-aligned columns, three blanks apart, no trailing blanks.</summary>
internal sealed class Table(params IReadOnlyList<Column> columns)
{
    private const int Padding = 3;

    private readonly List<Cell[]> rows = [];

    public int Count => rows.Count;

    public void Add(params Cell[] cells)
    {
        if (cells.Length != columns.Count)
        {
            throw new ArgumentException($"{cells.Length} cells for {columns.Count} columns", nameof(cells));
        }

        rows.Add(cells);
    }

    /// <summary>An empty line between two groups of rows.</summary>
    public void AddBlank() => rows.Add([]);

    public void Write(Terminal terminal, bool headings = true)
    {
        var widths = new int[columns.Count];
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = Math.Max(headings ? columns[i].Heading.Length : 0, rows.Where(row => row.Length > 0).Select(row => row[i].Text.Length).DefaultIfEmpty(0).Max());
        }

        var shown = Enumerable.Range(0, columns.Count).Where(i => columns[i].OnlyIf).ToArray();
        if (headings)
        {
            WriteRow(terminal, shown, widths, columns.Select(column => new Cell(column.Heading)).ToArray());
        }

        foreach (var row in rows)
        {
            WriteRow(terminal, shown, widths, row);
        }
    }

    private static void WriteRow(Terminal terminal, int[] shown, int[] widths, Cell[] row)
    {
        if (row.Length > 0)
        {
            var last = Array.FindLastIndex(shown, i => row[i].Text.Length > 0);
            for (var position = 0; position <= last; position++)
            {
                var cell = row[shown[position]];
                terminal.Out.Write(terminal.Paint(cell.Text, cell.Colour));
                if (position < last)
                {
                    terminal.Out.Write(new string(' ', widths[shown[position]] - cell.Text.Length + Padding));
                }
            }
        }

        terminal.Out.WriteLine();
    }
}
