-- one row per basket, with its person; NULL is a person, and two where lines name several
select
    basket_code,
    min(coalesce(person_code, -9223372036854775808)) as first_person,
    max(coalesce(person_code, -9223372036854775808)) as last_person
from basket_lines
group by basket_code
