-- one row per run: its sale lines and views
select
    (select cast(count(*) as bigint) from sale_lines) as sale_line_count,
    (select cast(count(*) as bigint) from views) as view_count
