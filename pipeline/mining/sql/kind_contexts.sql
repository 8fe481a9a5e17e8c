-- one row per unordered pair of items with a part of the orders where its link is clearly stronger
with stronger as (
    select
        least(antecedent, consequent) as left_item_id,
        greatest(antecedent, consequent) as right_item_id,
        context,
        value,
        q_value,
        is_place,
        cast(row_number() over (
            partition by least(antecedent, consequent), greatest(antecedent, consequent)
            order by rank asc nulls last
        ) as bigint) as place
    from context_sides
    where lift > 1 and difference > 0 and q_value <= $max_context_q_value
)

select
    left_item_id,
    right_item_id,
    context,
    value as context_value,
    q_value as context_q_value,
    is_place
from stronger
where place = 1
