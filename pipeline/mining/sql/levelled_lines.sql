-- one row per line of basket_lines, with its item at a coarser level
select
    basket_lines.basket_code,
    item_levels.level_code as item_code,
    basket_lines.person_code,
    basket_lines.happened_at
from basket_lines
join item_levels on item_levels.item_code = basket_lines.item_code
