"""A kiosk: the front end as an exhibition shows it. One page of its own, drawn whole in the browser.

Nothing of the other pages is in it, so that nothing of them (uploads, links, menus, forms) has to be taken away.
"""
