"""Keeprate: are our customers staying?"""
