"""The same work as Keeprate does, done with what else one might take for it.

A module for each tool, as a skilled user of it would write it. All are given the same stays, load
them into whatever they compute on, and answer with the same figures: a comparison with anybody who
gives others is refused. None of this is part of the product.
"""
